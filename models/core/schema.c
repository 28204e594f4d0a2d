#include "models/core/schema.h"

#include <string.h>

#include "proto/base/must.h"

#define WIDTH_MAX (1u << 20)

static void write_target(struct writer *w, const struct target *t)
{
    write_text(w, t->name);
    write_u8(w, (uint8_t)t->kind);
    write_u8(w, t->train ? 1 : 0);
    write_u8(w, (uint8_t)t->levels);
    for (size_t i = 0; i < t->levels; i++)
        write_text(w, t->level[i]);
}

void schema_write(struct writer *w, const struct population *who)
{
    write_u32le(w, (uint32_t)who->width);
    write_u8(w, (uint8_t)who->task_count);
    write_u8(w, (uint8_t)who->group_count);
    for (size_t i = 0; i < who->task_count; i++)
        write_target(w, &who->task[i]);
    for (size_t i = 0; i < who->group_count; i++)
        write_target(w, &who->group[i]);
}

static bool read_target(struct target *t, struct reader *r)
{
    read_text(t->name, r, sizeof t->name);
    unsigned kind = read_u8(r);
    unsigned train = read_u8(r);
    t->levels = read_u8(r);
    if (r->spent || kind > TARGET_REGRESSION || train > 1 || t->levels > TARGET_LEVELS_MAX)
        return false;
    t->kind = (enum target_kind)kind;
    t->train = train == 1;
    if ((t->kind == TARGET_REGRESSION) != (t->levels == 0))
        return false;
    if (t->kind == TARGET_BINARY && t->levels != 2)
        return false;
    for (size_t i = 0; i < t->levels; i++)
        read_text(t->level[i], r, sizeof t->level[i]);
    t->sd = 1;
    return !r->spent;
}

enum status schema_read(struct population *who, struct reader *r, const char *from)
{
    *who = (struct population){0};
    who->width = read_u32le(r);
    who->task_count = read_u8(r);
    who->group_count = read_u8(r);
    bool good = !r->spent && who->width > 0 && who->width <= WIDTH_MAX &&
                who->task_count <= TASKS_MAX && who->group_count <= GROUPS_MAX;
    for (size_t i = 0; good && i < who->task_count; i++)
        good = read_target(&who->task[i], r);
    for (size_t i = 0; good && i < who->group_count; i++)
        good = read_target(&who->group[i], r);
    if (!good || r->left != 0)
        return fault(EC_DATA_DISAGREE, from, "its description of its data does not parse");
    return ST_OK;
}
