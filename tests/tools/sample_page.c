/*
 * sample_page.c - sample_page FOLDER TIMES [hostile]    report.json and report.html of a report with
 * a little of everything (tests/support/sample.h, sample_fair.h), for tests that open the page.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/status.h"
#include "tests/support/sample.h"
#include "tests/support/sample_fair.h"

static const struct sample_names hostile = {
    "</script><b>task", "\"><img src=x onerror=alert(1)>", "<!--<script>'&\xE2\x80\xA8",
    "</title></style><script>alert(1)</script>", "</script\n><!--x\xE2\x80\xAEy\xE2\x80\xAC"};

int main(int argc, char **argv)
{
    if (argc < 3) {
        fputs("usage: sample_page FOLDER TIMES [hostile]\n", stderr);
        return 64;
    }
    bool bad = argc > 3 && strcmp(argv[3], "hostile") == 0;
    struct report r = sample_report(4, false);
    sample_fair(&r, strtoul(argv[2], NULL, 10), bad ? &hostile : &sample_calm);
    if (bad) {
        snprintf(r.run.plan, sizeof(r.run.plan), "%s", hostile.note);
        snprintf(r.site[0].name, sizeof(r.site[0].name), "%s", hostile.task);
    }
    enum status st = report_write(&r, argv[1]);
    if (st != ST_OK)
        fprintf(stderr, "sample_page: %s\n", fault_text());
    report_close(&r);
    return st == ST_OK ? 0 : 1;
}
