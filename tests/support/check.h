/*
 * check.h - cmocka with its prerequisites, and what every test wants.
 */
#ifndef EVENHAND_CHECK_H
#define EVENHAND_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/base/status.h"

/* The call must succeed; prints the complaint when it does not. */
#define check_ok(call)                                                                             \
    do {                                                                                           \
        enum status check_st = (call);                                                             \
        if (check_st != ST_OK)                                                                     \
            fail_msg("%s: %s: %s", #call, status_name(check_st), fault_text());                    \
    } while (0)

/* The call must complain with this row of errors.def. */
#define check_fault(call, complaint)                                                               \
    do {                                                                                           \
        enum status check_st = (call);                                                             \
        if (check_st == ST_OK)                                                                     \
            fail_msg("%s: succeeded, %s wanted", #call, complaint_row(complaint)->code);           \
        if (fault_kept()->what != (complaint))                                                     \
            fail_msg("%s: %s: %s; %s wanted", #call, complaint_row(fault_kept()->what)->code,      \
                     fault_text(), complaint_row(complaint)->code);                                \
    } while (0)

#endif
