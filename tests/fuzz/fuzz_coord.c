/*
 * Any story of a coordinator, from any phase: refused without a trace, or one step of the table;
 * nothing happens after the end or a halt.
 */
#include <string.h>

#include "coordinator/coord.h"
#include "proto/base/must.h"

#define STEPS_MAX 64 /* longer stories only do more of the same */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void step(struct coord *c, enum event what)
{
    const enum action silence = (enum action)0x55;
    struct coord before, twin;
    memcpy(&before, c, sizeof before);
    memcpy(&twin, c, sizeof twin);
    enum action todo = silence, same = silence;
    enum status st = coord_step(c, what, &todo);

    must((size_t)c->phase < CO_COUNT);
    must(coord_phase_name(c->phase) != NULL);
    must(event_name(what) != NULL);
    must(coord_step(&twin, what, &same) == st);
    must(memcmp(&twin, c, sizeof twin) == 0);
    must(todo == same);
    if (st != ST_OK) {
        must(fault_kept()->what == EC_RUN_STATE);
        must(memcmp(&before, c, sizeof before) == 0);
        must(todo == silence);
        return;
    }
    must(todo != silence);
    must(before.phase != CO_DONE);
    must(before.phase != CO_HALT);
}

/* The first byte is the phase to begin with. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct coord c;
    memset(&c, 0, sizeof c);
    if (len > 0)
        c.phase = (enum coord_phase)(data[0] % CO_COUNT);
    for (size_t i = 1; i < len && i <= STEPS_MAX; i++)
        step(&c, (enum event)(data[i] % EV_COUNT));
    return 0;
}
