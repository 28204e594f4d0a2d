/*
 * stops.h - does a broken promise stop the process? Tried in a child.
 */
#ifndef EVENHAND_STOPS_H
#define EVENHAND_STOPS_H

#include <stdbool.h>
#include <stddef.h>

/* True when act(ctx) aborts. What it printed on stderr goes into heard[cap] (NULL: nowhere). */
bool stops(char *heard, size_t cap, void (*act)(void *ctx), void *ctx);
/* True when act(ctx) ends the child in any way but a clean return: also by a sanitizer. */
bool dies(void (*act)(void *ctx), void *ctx);

#endif
