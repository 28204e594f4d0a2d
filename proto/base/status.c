#include "proto/base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <strings.h>

#include "proto/base/must.h"

static const struct complaint_row complaints[] = {
#define X(id, code, status, exit_status, retry, cause, fix)                                        \
    [EC_##id] = {code, ST_##status, exit_status, retry, cause, fix},
#include "proto/base/errors.def"
#undef X
};

static _Thread_local struct complaint_kept kept;

enum status fault(enum complaint what, const char *where, const char *fmt, ...)
{
    must(what > EC_NONE);
    must(what < EC_COUNT);

    /* Built aside first: an argument may point into the complaint it replaces. */
    struct complaint_kept next = {.what = what};
    snprintf(next.where, sizeof(next.where), "%s", where == NULL ? "" : where);
    va_list args;
    va_start(args, fmt);
    vsnprintf(next.detail, sizeof(next.detail), fmt, args);
    va_end(args);
    kept = next;
    return complaints[what].status;
}

const struct complaint_row *complaint_row(enum complaint what)
{
    must(what < EC_COUNT);
    return &complaints[what];
}

enum complaint complaint_find(const char *code)
{
    for (enum complaint what = EC_NONE + 1; what < EC_COUNT; what++)
        if (strcasecmp(complaints[what].code, code) == 0)
            return what;
    return EC_NONE;
}

const struct complaint_kept *fault_kept(void)
{
    return &kept;
}

const char *fault_text(void)
{
    return kept.detail;
}

void fault_restore(const struct complaint_kept *given)
{
    kept = *given;
}

const char *status_name(enum status st)
{
    static const char *const names[] = {
#define X(name, sentence) [ST_##name] = #name,
        STATUS_LIST(X)
#undef X
    };
    must((size_t)st < COUNT(names));
    return names[st];
}

const char *retry_name(enum retry r)
{
    static const char *const names[] = {
        [RETRY_NO] = "no", [RETRY_LATER] = "later", [RETRY_AFTER_REPAIR] = "after repair"};
    must((size_t)r < COUNT(names));
    return names[r];
}
