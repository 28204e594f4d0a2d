#include "tests/support/check.h"

#include <math.h>

#include "coordinator/progress_line.h"
#include "proto/base/log.h"

static const char *const names[] = {"recon", "kl"};
static const double losses[] = {.7104, .08};

static void a_round_is_told_in_words(void **state)
{
    (void)state;
    const struct coord_progress training = {.train_round = 12,
                                            .train_rounds = 40,
                                            .stage = "train",
                                            .done = .3,
                                            .seconds_left = 40.2,
                                            .loss_count = 2,
                                            .loss_name = names,
                                            .loss = losses};
    struct coord_progress probing = {
        .train_round = 40, .train_rounds = 40, .stage = "probe", .done = .9, .seconds_left = 65};
    struct coord_progress endless = probing, beginning = probing;
    endless.seconds_left = (double)NAN;
    beginning.done = 0;
    const struct {
        const struct coord_progress *p;
        size_t cap;
        const char *want;
    } rows[] = {
        {&training, 256, "round 12/40  train  recon .710 kl .080  0:41 left"},
        {&training, 50, "round 12/40  train  recon .710 kl .080  0:41 left"},
        {&training, 49, "round 12/40  train  recon .710  0:41 left"},
        {&training, 20, "round 12/40  train "},
        {&probing, 256, "round 40/40  probe  1:05 left"},
        {&endless, 256, "round 40/40  probe"},
        {&beginning, 256, "round 40/40  probe"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char got[256];
        progress_words(got, rows[i].cap, rows[i].p);
        assert_string_equal(got, rows[i].want);
    }
}

static char *shown(struct progress *progress, size_t rounds)
{
    char *text = NULL;
    size_t len = 0;
    progress->to = open_memstream(&text, &len);
    assert_non_null(progress->to);
    for (size_t i = 1; i <= rounds; i++) {
        struct coord_progress p = {.train_round = i,
                                   .train_rounds = rounds,
                                   .stage = i == 1 ? "moments" : "train",
                                   .done = (double)i / (double)rounds,
                                   .seconds = (double)i,
                                   .seconds_left = (double)(rounds - i)};
        progress_round(progress, &p);
    }
    progress_close(progress);
    assert_int_equal(fclose(progress->to), 0);
    return text;
}

static void without_a_terminal_a_round_is_a_line(void **state)
{
    (void)state;
    log_to_stderr(LOG_ERROR, false);
    struct progress progress = {.columns = 80, .drawn_at = -1};
    char *text = shown(&progress, 2);
    assert_string_equal(text, "round 1/2  moments  0:01 left\nround 2/2  train  0:00 left\n");
    free(text);
}

static void on_a_terminal_one_line_is_redrawn_and_cleared(void **state)
{
    (void)state;
    log_to_stderr(LOG_ERROR, false);
    struct progress progress = {.terminal = true, .columns = 80, .drawn_at = -1};
    char *text = shown(&progress, 2);
    assert_string_equal(text, "\r[##########----------]  50 %  round 1/2  moments  0:01 left"
                              "\r[####################] 100 %  round 2/2  train  0:00 left  "
                              "\r                                                         \r");
    free(text);
    progress = (struct progress){.terminal = true, .columns = 30, .drawn_at = -1};
    text = shown(&progress, 2);
    for (char *part = strtok(text, "\r"); part != NULL; part = strtok(NULL, "\r"))
        assert_true(strlen(part) < 30);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_round_is_told_in_words),
        cmocka_unit_test(without_a_terminal_a_round_is_a_line),
        cmocka_unit_test(on_a_terminal_one_line_is_redrawn_and_cleared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
