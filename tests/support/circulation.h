/*
 * circulation.h - how far an unknown whole number reaches, when sums of unknowns are known. Exact.
 *
 * Unknowns are flows along arcs, and at each node as much comes in as goes out: a table with its
 * margins is such a net (grand total -> row totals -> cells -> column totals -> grand total). An
 * arc is known or may carry any whole number >= 0. From the true flow the least and the most of an
 * arc are found by augmenting paths, which end at the extreme (Ford & Fulkerson 1962, max-flow
 * min-cut), and in whole numbers because all bounds are whole.
 */
#ifndef EVENHAND_CIRCULATION_H
#define EVENHAND_CIRCULATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CIRCULATION_NODES_MAX 48
#define CIRCULATION_ARCS_MAX  256
#define CIRCULATION_ENDLESS   (INT64_C(1) << 50) /* no bound; true flows are far below */

struct circulation {
    size_t nodes, arcs;
    struct arc {
        size_t from, to;
        int64_t truth;
        bool known;
    } arc[CIRCULATION_ARCS_MAX];
};

/* Returns the number of the arc. Nodes are 0 .. CIRCULATION_NODES_MAX - 1, made by naming them. */
size_t circulation_add(struct circulation *c, size_t from, size_t to, int64_t truth, bool known);
/* The true flow must balance at every node. An end that has no bound is CIRCULATION_ENDLESS. */
void circulation_reach(int64_t *least, int64_t *most, const struct circulation *c, size_t arc);

#endif
