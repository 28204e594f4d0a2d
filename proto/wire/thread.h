/*
 * thread.h - a thread that signals do not reach: they are for the program's own.
 */
#ifndef EVENHAND_THREAD_H
#define EVENHAND_THREAD_H

#include <pthread.h>

/* Stops when the system has no thread left: for start-up. */
void thread_start(pthread_t *t, void *(*run)(void *of), void *of);

#endif
