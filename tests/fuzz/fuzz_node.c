/*
 * Any story that a hospital hears, from any phase: refused without a trace, or one step of the
 * table; no round opens that is not above all since the last welcome, and a halt is the end.
 */
#include <string.h>

#include "node/node.h"
#include "proto/base/must.h"
#include "proto/base/reader.h"

#define HEARD_MAX 64 /* longer stories only do more of the same */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* The round: near that of the node, or any. */
static uint64_t round_of(struct reader *r, const struct node *n)
{
    uint8_t how = read_u8(r);
    return how < 224 ? n->round + how % 8 - 3 : read_u64le(r);
}

/* Padding too: a step that is refused writes nothing. */
static bool equal(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct node)) == 0;
}

static void hear(struct node *n, struct reader *r)
{
    const enum order silence = (enum order)0x55;
    enum heard what = (enum heard)(read_u8(r) % HE_COUNT);
    uint64_t round = round_of(r, n);
    struct node before, twin;
    memcpy(&before, n, sizeof before);
    memcpy(&twin, n, sizeof twin);
    enum order todo = silence, same = silence;
    enum status st = node_hear(n, what, round, &todo);

    must((size_t)n->phase < PH_COUNT);
    must(node_phase_name(n->phase) != NULL);
    must(heard_name(what) != NULL);
    must(node_hear(&twin, what, round, &same) == st);
    must(equal(&twin, n));
    must(todo == same);
    if (st != ST_OK) {
        must(fault_kept()->what == EC_RUN_STATE);
        must(equal(&before, n));
        must(todo == silence);
        return;
    }
    must(todo != silence);
    must(before.phase != PH_HALT);
    bool of_a_round = what >= HE_ROUND_OPEN && what <= HE_DIFFERS;
    must(!of_a_round || n->round == round);
    must(!of_a_round || n->round >= before.round); /* a welcome may count from another number */
    must(what != HE_ROUND_OPEN || n->round > before.round);
}

/* The first bytes are the phase and the round to begin with. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct reader r = {.at = data, .left = len};
    struct node n;
    memset(&n, 0, sizeof n);
    n.phase = (enum node_phase)(read_u8(&r) % PH_COUNT);
    n.round = read_u64le(&r);
    for (size_t i = 0; i < HEARD_MAX && r.left > 0; i++)
        hear(&n, &r);
    return 0;
}
