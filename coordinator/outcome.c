#include "coordinator/outcome.h"

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
    for (size_t i = 0; i < r->check_count; i++)
        if (!r->check[i].ok)
            status = EXIT_ANSWER_NO;
    return status;
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
    log_info("done", LOG_NUM("exit", status), LOG_NUM("seconds", r->time.total_s),
             LOG_TEXT("model_digest", r->run.model_digest));
    opt_exit_with(status);
    enum status st = opt_json() ? ST_OK : outcome_print(*data);
    outcome_paths(folder);
    return st;
}
