#include "node/release.h"

#include <string.h>

#include "proto/base/must.h"

uint64_t release_seed(const struct digest *plan, const struct digest *model)
{
    struct digest_state s;
    digest_begin(&s, "evh-release");
    digest_add(&s, plan->byte, DIGEST_BYTES);
    digest_add(&s, model->byte, DIGEST_BYTES);
    struct digest d = digest_end(&s);
    return digest_u64(&d);
}

size_t release_scratch_bytes(const struct model *m)
{
    return m->ops->scratch_bytes(m, RELEASE_ROWS) +
           arena_need(RELEASE_ROWS * m->release_width * sizeof(real), 1);
}

void release_rows(real *z, size_t stride, const struct release *r, const real *input,
                  const uint64_t *patient, size_t rows, struct arena *arena)
{
    const struct model *m = r->model;
    size_t width = m->release_width;
    must(m->ops->release != NULL);
    must(stride >= width);
    for (size_t row = 0; row < rows; row += RELEASE_ROWS) {
        size_t count = rows - row < RELEASE_ROWS ? rows - row : RELEASE_ROWS;
        size_t mark = arena_mark(arena);
        real *piece = arena_reals(arena, count * width);
        m->ops->release(piece, m, r->theta, input + row * m->who->width, patient + row, count,
                        r->seed, arena);
        for (size_t i = 0; i < count; i++)
            memcpy(z + (row + i) * stride, piece + i * width, width * sizeof(real));
        arena_rewind(arena, mark);
    }
}
