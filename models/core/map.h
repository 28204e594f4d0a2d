/*
 * map.h - named tensors in a flat vector, one after the other without a gap.
 *
 *     theta = [ encoder.weight 64x768 | encoder.bias 64x1 | ... ]
 *
 * For dumps, exports and the checkpoint: training itself needs no names. A
 * tensor is shared (part of what sites exchange) or local (stays at its site).
 */
#ifndef EVENHAND_MAP_H
#define EVENHAND_MAP_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/base/reader.h"
#include "proto/base/writer.h"

#define MAP_TENSORS_MAX 192
#define TENSOR_NAME_MAX 48
#define TENSOR_SIDE_MAX (1u << 24) /* rows, columns */
#define MAP_REALS_MAX   (1u << 28) /* of a whole vector: 1 GiB of float32 */

struct tensor {
    char name[TENSOR_NAME_MAX]; /* letters, digits, '.', '-' and '_' */
    size_t at;                  /* in reals */
    size_t rows, cols;          /* row-major; a bias has one column */
    bool local;
};

struct map { /* starts zeroed */
    size_t count;
    size_t end; /* reals of all tensors: the length of the vector */
    struct tensor tensor[MAP_TENSORS_MAX];
};

/* The next tensor; returns where it starts. A name is used once. */
size_t map_add(struct map *map, size_t rows, size_t cols, bool local, const char *name, ...)
    __attribute__((format(printf, 5, 6)));
/* NULL when there is none of that name. */
const struct tensor *map_find(const struct map *map, const char *name);

/* u32 count, then name, u32 rows, u32 cols, u8 local of each; places follow from the order. */
void map_write(struct writer *w, const struct map *map);
/* false: bytes that no map_write wrote. Every number is judged before it is used. */
bool map_read(struct map *map, struct reader *r);

#endif
