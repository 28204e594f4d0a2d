#include "coordinator/outcome.h"

#include <math.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "proto/base/log.h"
#include "proto/base/opt.h"

#define WIDTH_MAX       100
#define EXIT_ANSWER_NO  1
#define EXIT_INCOMPLETE 3

int outcome_exit(const struct report *r)
{
    int status = 0;
    for (size_t i = 0; i < r->site_count; i++)
        if (r->site[i].rounds_missed > 0)
            status = EXIT_INCOMPLETE;
    for (size_t i = 0; i < r->gate_count; i++)
        if (r->gate[i].verdict != GATE_MET)
            status = EXIT_INCOMPLETE;
    for (size_t i = 0; i < r->gate_count; i++)
        if (r->gate[i].verdict == GATE_NOT_MET)
            status = EXIT_ANSWER_NO;
    for (size_t i = 0; i < r->check_count; i++)
        if (!r->check[i].ok)
            status = EXIT_ANSWER_NO;
    return status;
}

static void log_verdict(const struct gate *g)
{
    bool most = isnan(g->least);
    log_info("tolerance", LOG_TEXT("verdict", gate_verdict_text(g->verdict)),
             LOG_TEXT("metric", g->metric), LOG_TEXT("task", g->task),
             LOG_TEXT("attribute", g->attribute), LOG_TEXT("representation", g->representation),
             LOG_TEXT("probe", g->probe), LOG_TEXT("group", g->group), LOG_TEXT("other", g->other),
             LOG_NUM("threshold", g->threshold), LOG_TEXT("rule", g->rule),
             LOG_NUM(most ? "most" : "least", most ? g->most : g->least),
             LOG_NUM("value", g->value), LOG_NUM("lo", g->lo), LOG_NUM("hi", g->hi));
}

enum status outcome_print(const struct json *report)
{
    struct winsize size = {0};
    size_t width = WIDTH_MAX;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_col < WIDTH_MAX)
        width = size.ws_col;
    return report_text(stdout, report, width);
}

void outcome_paths(const char *folder)
{
    fflush(stdout);
    fprintf(stderr, "%s/report.html\n%s/report.json\n", folder, folder);
}

enum status outcome_tell(struct json **data, const struct report *r, const char *folder)
{
    int status = outcome_exit(r);
    *data = report_json(r);
    for (size_t i = 0; i < r->gate_count; i++)
        log_verdict(&r->gate[i]);
    log_info("done", LOG_NUM("exit", status), LOG_NUM("seconds", r->time.total_s),
             LOG_TEXT("model_digest", r->run.model_digest));
    opt_exit_with(status);
    enum status st = opt_json() ? ST_OK : outcome_print(*data);
    outcome_paths(folder);
    return st;
}
