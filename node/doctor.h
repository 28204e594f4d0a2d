/*
 * doctor.h - what would keep this node from running, said before anybody waits for it.
 *
 *     config -> key -> running -> reachable -> protocol -> right key -> enrolled -> clock, plan
 *     config -> data -> groups, disk
 *
 * Judgements of what was seen, one finding each (groups: one for each that is odd). Who has looked
 * is the caller: doctor_line.h at the line, verb_doctor.c at files. A check that needs another's
 * success is skipped, and says which one.
 */
#ifndef EVENHAND_DOCTOR_H
#define EVENHAND_DOCTOR_H

#include "node/config.h"
#include "node/flat.h"
#include "proto/wire/link_zmq.h"

#define DOCTOR_TEXT_MAX  512
#define DOCTOR_FINDINGS  (11 + GROUPS_MAX)
#define DOCTOR_CLOCK_S   5           /* clocks further apart make logs hard to compare */
#define DOCTOR_UNKNOWN   .2          /* a group unknown in more rows than this is worth a word */
#define DOCTOR_MIN_CELL  11          /* without a plan: what its privacy.min_cell would be */
#define DOCTOR_STATE_MIN (64u << 20) /* bytes for the log and the sums of a run */

/* Names of the checks that others need. */
#define DOCTOR_CONFIG   "config"
#define DOCTOR_KEY      "key"
#define DOCTOR_RUNNING  "running"
#define DOCTOR_ENROLLED "enrolled"
#define DOCTOR_PLAN     "plan"
#define DOCTOR_DATA     "data"

enum check_state { CHECK_OK, CHECK_WARN, CHECK_FAIL, CHECK_SKIP };

struct finding {
    const char *check;
    enum check_state state;
    enum complaint why;         /* of a failure; else EC_NONE */
    char what[DOCTOR_TEXT_MAX]; /* may quote files and other parties: clean it on its way out */
};

struct diagnosis {
    struct finding finding[DOCTOR_FINDINGS];
    size_t count;
};

void doctor_note(struct diagnosis *d, const char *check, enum check_state state, const char *fmt,
                 ...) __attribute__((format(printf, 4, 5)));
/* The check failed with the complaint that was kept. */
void doctor_fault(struct diagnosis *d, const char *check, const struct complaint_kept *why);
/* It cannot be made before `needed` succeeds. */
void doctor_skip(struct diagnosis *d, const char *check, const char *needed);
/* Was there such a check, and did it not fail? */
bool doctor_passed(const struct diagnosis *d, const char *check);
size_t doctor_count(const struct diagnosis *d, enum check_state state);
/* "ok", "warn", "fail", "skip" */
const char *doctor_state_name(enum check_state state);
/* That of the first failure's complaint; 0: nothing failed. */
int doctor_exit_status(const struct diagnosis *d);

/* Opens the configuration (node_config_close, also after a failure). */
void doctor_config(struct diagnosis *d, struct node_config *c, const char *path,
                   const char *const *overrides, size_t count);
/* Opens the secret key (identity_close, also after a failure). */
void doctor_key(struct diagnosis *d, struct identity *self, const struct node_config *c);
/* phase: of the node that runs with this state folder; NULL: none does. */
void doctor_running(struct diagnosis *d, const char *phase);

/* What was seen of the line. */
struct line_seen {
    enum line_state state;
    struct complaint_kept trouble; /* before there was a line to wait for; EC_NONE: none */
    unsigned waited_s;             /* at most so long, for a line that is still CONNECTING */
    bool by_node;                  /* the running node says so; no connection of ours was made */
    bool unseen;                   /* and it has not come so far as to open one */
};

/* Four findings: reachable, protocol, right key, enrolled. */
void doctor_line(struct diagnosis *d, const struct line_seen *seen, const struct node_config *c,
                 const struct public_key *own);
/* known: false when the coordinator does not know the date. offset_ms: its clock minus ours. */
void doctor_clock(struct diagnosis *d, bool known, int64_t offset_ms);
/* A plan that this hospital allows. */
void doctor_plan(struct diagnosis *d, const struct plan *p);

/*
 * Opens the flat file (flat_close, also after a failure), and holds it against the plan's settings;
 * plan NULL: there is none, so nothing is held against it.
 */
void doctor_data(struct diagnosis *d, struct flat *f, const char *path,
                 const struct settings *plan);
/* The plan's groups, or all of the file. */
void doctor_groups(struct diagnosis *d, const struct flat *f, const struct settings *plan);
/* Bytes that this user can still write in the state folder, and that a run writes there. */
void doctor_disk(struct diagnosis *d, const char *folder, uint64_t free_bytes, uint64_t need_bytes);

#endif
