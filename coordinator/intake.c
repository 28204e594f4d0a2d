#include "coordinator/intake.h"

#include <stdlib.h>

#include "proto/base/arena.h"
#include "proto/base/must.h"

void intake_begin(struct intake *in, unsigned bits, size_t words)
{
    size_t bytes = ring_bytes(bits, words);
    if (bytes > in->room) {
        free(in->sum.word);
        in->sum.word = must_alloc(1, bytes);
        in->room = bytes;
    }
    in->sum.bits = bits;
    in->sum.words = words;
    ring_clear(&in->sum);
}

void intake_close(struct intake *in)
{
    free(in->sum.word);
    *in = (struct intake){0};
}

enum status intake_add(struct intake *in, struct presence *p, uint32_t site, const struct msg *m)
{
    must(site < p->sites);
    if (p->site[site].counted)
        return fault(EC_RUN_STATE, p->site[site].title, "its contribution is counted already");
    if (m->vector.word == NULL || m->vector.bits != in->sum.bits ||
        m->vector.words != in->sum.words)
        return fault(EC_RUN_SUM, p->site[site].title,
                     "%zu words of %u bits came, %zu of %u are due", m->vector.words,
                     m->vector.bits, in->sum.words, in->sum.bits);
    ring_add(&in->sum, &m->vector);
    p->site[site].counted = true;
    return ST_OK;
}
