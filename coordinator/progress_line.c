#include "coordinator/progress_line.h"

#include <math.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "coordinator/report/words.h"

#define BAR_CELLS    20
#define BEFORE_WORDS (BAR_CELLS + 9) /* "[####] 100 %  " */
#define REDRAW_S     0.1
#define LINE_BYTES   512

struct progress progress_open(void)
{
    struct winsize size = {0};
    struct progress progress = {
        .to = stderr, .terminal = isatty(STDERR_FILENO) == 1, .columns = 80, .drawn_at = -1};
    if (progress.terminal && ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20)
        progress.columns = size.ws_col;
    return progress;
}

static size_t add(char *out, size_t cap, size_t at, const char *text)
{
    int len = at < cap ? snprintf(out + at, cap - at, "%s", text) : 0;
    return at + (len > 0 ? (size_t)len : 0);
}

/* "  0:41 left"; nothing while there is no telling. */
static void words_left(char out[static 64], const struct coord_progress *p)
{
    out[0] = '\0';
    if (p->done <= 0 || !isfinite(p->seconds_left) || p->seconds_left < 0 || p->seconds_left > 1e6)
        return;
    unsigned left = (unsigned)ceil(p->seconds_left);
    snprintf(out, 64, "  %u:%02u left", left / 60, left % 60);
}

void progress_words(char *out, size_t cap, const struct coord_progress *p)
{
    char part[64], left[64], figure[WORDS_FIGURE_MAX];
    size_t at = 0;
    out[0] = '\0';
    words_left(left, p);
    if (p->train_rounds > 0)
        snprintf(part, sizeof(part), "round %zu/%zu  %s", p->train_round, p->train_rounds,
                 p->stage);
    else
        snprintf(part, sizeof(part), "%s", p->stage);
    at = add(out, cap, at, part);
    for (size_t i = 0; i < p->loss_count; i++) {
        words_figure(figure, p->loss[i]);
        snprintf(part, sizeof(part), "%s%s %s", i == 0 ? "  " : " ", p->loss_name[i], figure);
        /* A loss that has no room leaves it to the time. */
        if (at + strlen(part) + strlen(left) + 1 > cap)
            break;
        at = add(out, cap, at, part);
    }
    add(out, cap, at, left);
}

static void redraw(struct progress *progress, const struct coord_progress *p)
{
    if (progress->drawn_at >= 0 && p->seconds - progress->drawn_at < REDRAW_S && p->done < 1)
        return;
    char words[LINE_BYTES], line[LINE_BYTES + BAR_CELLS + 16], bar[BAR_CELLS + 1];
    double done = fmin(fmax(p->done, 0), 1);
    size_t full = (size_t)(done * BAR_CELLS);
    memset(bar, '-', BAR_CELLS);
    memset(bar, '#', full);
    bar[BAR_CELLS] = '\0';
    /* A line as wide as the terminal would wrap, and could not be redrawn. */
    size_t most = progress->columns - 1;
    size_t room = most > BEFORE_WORDS ? most - BEFORE_WORDS : 0;
    progress_words(words, room + 1 > sizeof(words) ? sizeof(words) : room + 1, p);
    int wanted = snprintf(line, sizeof(line), "[%s] %3.0f %%  %s", bar, 100 * done, words);
    size_t len = wanted < 0 ? 0 : (size_t)wanted;
    len = len > most ? most : len;
    size_t gap = progress->drawn_len > len ? progress->drawn_len - len : 0;
    fprintf(progress->to, "\r%.*s%*s", (int)len, line, (int)gap, "");
    fflush(progress->to);
    progress->drawn_at = p->seconds;
    progress->drawn_len = len;
}

void progress_round(void *ctx, const struct coord_progress *p)
{
    struct progress *progress = ctx;
    if (progress->terminal) {
        redraw(progress, p);
        return;
    }
    char words[LINE_BYTES];
    progress_words(words, sizeof(words), p);
    fprintf(progress->to, "%s\n", words);
}

void progress_close(struct progress *progress)
{
    if (progress->terminal && progress->drawn_len > 0)
        fprintf(progress->to, "\r%*s\r", (int)progress->drawn_len, "");
    progress->drawn_len = 0;
}
