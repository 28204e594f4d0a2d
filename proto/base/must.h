/*
 * must.h - promises between our own functions.
 *
 * must() is on in every build: a broken promise stops the process with the
 * place it was made. Never for what a file, a peer or an operator sent.
 * verify() is the same for tests, fuzzers and sanitizers (-DEVENHAND_VERIFY).
 */
#ifndef EVENHAND_MUST_H
#define EVENHAND_MUST_H

_Noreturn void must_fail(const char *what, const char *file, int line);

#define must(cond) ((cond) ? (void)0 : must_fail(#cond, __FILE__, __LINE__))
#ifdef EVENHAND_VERIFY
#define verify(cond) must(cond)
#else
#define verify(cond) ((void)sizeof(cond))
#endif

#endif
