#include "proto/wire/thread.h"

#include <signal.h>

#include "proto/base/must.h"

void thread_start(pthread_t *t, void *(*run)(void *of), void *of)
{
    sigset_t all, before;
    sigfillset(&all);
    must(pthread_sigmask(SIG_SETMASK, &all, &before) == 0); /* inherited by the new thread */
    must(pthread_create(t, NULL, run, of) == 0);
    must(pthread_sigmask(SIG_SETMASK, &before, NULL) == 0);
}
