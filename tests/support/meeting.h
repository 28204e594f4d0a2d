/*
 * meeting.h - a federation turned by hand: the real loops on memory links and a hand-turned clock.
 *
 *     meeting_open -> (meeting_run until nothing moves -> change something, turn the clock) ...
 *
 * Sites are the fixture's, small and all alike in shape. Refusals are read from the log.
 */
#ifndef EVENHAND_MEETING_H
#define EVENHAND_MEETING_H

#include "coordinator/loop.h"
#include "node/loop.h"
#include "proto/wire/link_mem.h"
#include "tests/support/scratch.h"

#define MEETING_SITES 3

struct meeting {
    struct scratch scratch;
    char flat[MEETING_SITES][SCRATCH_MAX];
    struct plan plan;
    struct clock clock;
    struct hub *hub;
    struct store *store; /* NULL: nothing is kept */
    uint32_t sites;
    struct coord_loop coordinator;
    struct node_loop node[MEETING_SITES];
    bool silent[MEETING_SITES]; /* takes no turn; its mail waits */
};

/*
 * A coordinator for `sites` sites, of which the first `here` are opened: they have sent their JOIN.
 * lines are the plan's below the fixture's head.
 */
void meeting_open(struct meeting *m, const char *lines, uint32_t sites, uint32_t here);
/* The same with a store below the scratch folder. */
void meeting_open_kept(struct meeting *m, const char *lines, uint32_t sites, uint32_t here);
void meeting_close(struct meeting *m);
/* A site that was not here comes now. */
void meeting_come(struct meeting *m, uint32_t site);
/* Its process dies and another begins; its mail waits, whoever it was for. */
void meeting_restart_site(struct meeting *m, uint32_t site);
/* So does the coordinator's, and the sites notice. */
void meeting_restart_coordinator(struct meeting *m);
/* Turns everybody who is not silent until nobody has mail or the run is over; the first fault. */
MUST_CHECK enum status meeting_run(struct meeting *m);
/* As meeting_run, but stops when this leg is due and its round is about to open or open. */
MUST_CHECK enum status meeting_run_to(struct meeting *m, enum leg_kind kind, uint64_t index);
/* One turn of the coordinator, then one of each site with mail. *moved: did anybody have any? */
MUST_CHECK enum status meeting_step(struct meeting *m, bool *moved);
/* The patience of the open phase is over. */
void meeting_wait(struct meeting *m);
/* Is there a line in the log with both words? */
bool meeting_logged(const struct meeting *m, const char *word, const char *other);
/* The weights at the coordinator, as text. */
const char *meeting_model(char out[static DIGEST_TEXT], const struct meeting *m);

#endif
