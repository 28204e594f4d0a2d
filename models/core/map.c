#include "models/core/map.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/must.h"

static bool is_name(const char *name)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789.-_";
    return name[0] != '\0' && name[strspn(name, allowed)] == '\0';
}

/* May this tensor come next? Its place is not looked at. */
static bool fits(const struct map *map, const struct tensor *t)
{
    return map->count < MAP_TENSORS_MAX && is_name(t->name) && map_find(map, t->name) == NULL &&
           t->rows > 0 && t->rows <= TENSOR_SIDE_MAX && t->cols > 0 && t->cols <= TENSOR_SIDE_MAX &&
           t->rows <= (MAP_REALS_MAX - map->end) / t->cols;
}

static void append(struct map *map, const struct tensor *t)
{
    struct tensor *next = &map->tensor[map->count++];
    *next = *t;
    next->at = map->end;
    map->end += t->rows * t->cols;
}

size_t map_add(struct map *map, size_t rows, size_t cols, bool local, const char *name, ...)
{
    struct tensor t = {.rows = rows, .cols = cols, .local = local};
    va_list arguments;
    va_start(arguments, name);
    int len = vsnprintf(t.name, sizeof t.name, name, arguments);
    va_end(arguments);
    must(len > 0);
    must((size_t)len < sizeof t.name);
    must(fits(map, &t));

    size_t at = map->end;
    append(map, &t);
    return at;
}

const struct tensor *map_find(const struct map *map, const char *name)
{
    for (size_t i = 0; i < map->count; i++)
        if (strcmp(map->tensor[i].name, name) == 0)
            return &map->tensor[i];
    return NULL;
}

void map_write(struct writer *w, const struct map *map)
{
    write_u32le(w, (uint32_t)map->count);
    for (size_t i = 0; i < map->count; i++) {
        const struct tensor *t = &map->tensor[i];
        write_text(w, t->name);
        write_u32le(w, (uint32_t)t->rows);
        write_u32le(w, (uint32_t)t->cols);
        write_u8(w, t->local ? 1 : 0);
    }
}

bool map_read(struct map *map, struct reader *r)
{
    *map = (struct map){0};
    uint32_t count = read_u32le(r);
    for (uint32_t i = 0; i < count; i++) {
        struct tensor t = {0};
        read_text(t.name, r, sizeof t.name);
        t.rows = read_u32le(r);
        t.cols = read_u32le(r);
        uint8_t local = read_u8(r);
        t.local = local == 1;
        if (r->spent || local > 1 || !fits(map, &t))
            return false;
        append(map, &t);
    }
    return !r->spent;
}
