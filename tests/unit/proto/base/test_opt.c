#include "proto/base/opt.h"

#include <fcntl.h>
#include <unistd.h>

#include "tests/support/capture.h"
#include "tests/support/check.h"
#include "tests/support/stops.h"

#define WORDS_MAX 80

static char seen[512]; /* what run() was told, in one line */

static enum status run(const struct opt_verb *verb, struct json **data)
{
    snprintf(seen, sizeof(seen), "%s out=%s quick=%d sets=%zu", verb->name,
             opt_value("out", "none"), opt_given("quick"), opt_repeats("set"));
    for (size_t i = 0; i < opt_repeats("set"); i++)
        snprintf(seen + strlen(seen), sizeof(seen) - strlen(seen), ",%s", opt_repeat("set", i));
    for (size_t i = 0; i < opt_arguments(); i++)
        snprintf(seen + strlen(seen), sizeof(seen) - strlen(seen), " <%s>", opt_argument(i));
    *data = json_object();
    json_put_int(*data, "rounds", 3);
    if (!opt_json())
        puts("3 rounds");
    if (opt_given("no"))
        opt_exit_with(1);
    if (opt_given("broken"))
        return fault(EC_DATA_NAN, "north.h5", "row 7, column 2");
    return ST_OK;
}

static enum status bare(const struct opt_verb *verb, struct json **data)
{
    (void)data;
    snprintf(seen, sizeof(seen), "%s", verb->name);
    return ST_OK;
}

static enum status forgetful(const struct opt_verb *verb, struct json **data)
{
    (void)verb, (void)data;
    return ST_IO;
}

static enum status mistyped(const struct opt_verb *verb, struct json **data)
{
    (void)verb, (void)data;
    opt_given("quik");
    return ST_OK;
}

static const struct opt_row run_rows[] = {
    {"out", "DIR", "where the run goes"},
    {"set", "KEY=VALUE", "overrides a setting; may be repeated"},
    {"quick", NULL, "less of everything"},
    {"no", NULL, "the answer is no"},
    {"broken", NULL, "something is wrong"},
};

#define ABOUT_RUN "Runs a federation on this machine."

static const struct opt_verb verbs[] = {
    {"simulate run", "PLAN.cfg", 1, 2, ABOUT_RUN, run_rows, COUNT(run_rows), run},
    {"simulate new", "NAME", 1, 1, "A plan to start from.", NULL, 0, bare},
    {"doctor", "", 0, 0, "What is wrong.", NULL, 0, bare},
    {"forget", "", 0, 0, "A bug.", NULL, 0, forgetful},
    {"mistype", "", 0, 0, "Another.", NULL, 0, mistyped},
};

/* Runs the words between bars as a command line; *out and *err are what was printed. */
static int command(char **out, char **err, const char *words)
{
    char program[] = "evenhand", copy[1024], *argv[WORDS_MAX + 1] = {program};
    int argc = 1;
    snprintf(copy, sizeof(copy), "%s", words);
    for (char *word = strtok(copy, "|"); word != NULL && argc < WORDS_MAX; word = strtok(NULL, "|"))
        argv[argc++] = word;
    seen[0] = '\0';
    struct capture to_out = capture_open(1), to_err = capture_open(2);
    int status = opt_main("evenhand", "Trains fairly.", verbs, COUNT(verbs), argc, argv);
    *err = capture_close(&to_err);
    *out = capture_close(&to_out);
    return status;
}

static void a_command_line_is_understood(void **state)
{
    (void)state;
    static const struct {
        const char *words, *want;
    } rows[] = {
        {"simulate|run|p.cfg", "simulate run out=none quick=0 sets=0 <p.cfg>"},
        {"simulate|run|p.cfg|--out|d|--quick", "simulate run out=d quick=1 sets=0 <p.cfg>"},
        {"simulate|run|--out=d|p.cfg|--out=e", "simulate run out=e quick=0 sets=0 <p.cfg>"},
        {"simulate|run|--set|a=1|--set=b=2|p.cfg|q",
         "simulate run out=none quick=0 sets=2,a=1,b=2 <p.cfg> <q>"},
        {"simulate|run|--out=|--|--quick", "simulate run out= quick=0 sets=0 <--quick>"},
        {"simulate|run|-|-5", "simulate run out=none quick=0 sets=0 <-> <-5>"},
        {"simulate|run|p|--out|-5", "simulate run out=-5 quick=0 sets=0 <p>"},
        {"doctor", "doctor"},
        {"simulate|new|run", "simulate new"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char *out, *err;
        assert_int_equal(command(&out, &err, rows[i].words), 0);
        assert_string_equal(seen, rows[i].want);
        assert_string_equal(err, "");
        free(out);
        free(err);
    }
}

static void what_is_not_understood_is_refused_with_64(void **state)
{
    (void)state;
    static const struct {
        const char *words, *line;
    } rows[] = {
        {"", "evenhand: a command is wanted; evenhand --help lists them"},
        {"--quick", "evenhand: a command is wanted; evenhand --help lists them"},
        {"simulate", "evenhand: `simulate` wants one word more; evenhand simulate --help "
                     "lists them"},
        {"simulate|ran|p.cfg",
         "evenhand: `simulate` is not a command; did you mean `simulate run`?"},
        {"simul|--help", "evenhand: `simul` is not a command; --help lists them"},
        {"doktor", "evenhand: `doktor` is not a command; did you mean `doctor`?"},
        {"somethingelse", "evenhand: `somethingelse` is not a command; --help lists them"},
        {"simulate|run", "evenhand simulate run: wants PLAN.cfg, got 0 arguments"},
        {"simulate|run|a|b|c", "evenhand simulate run: wants PLAN.cfg, got 3 arguments"},
        {"doctor|x", "evenhand doctor: wants no argument, got 1 argument"},
        {"simulate|run|p|--outt|d",
         "evenhand simulate run: option `--outt` is not known; did you mean "
         "`--out`?"},
        {"simulate|run|p|--entirely-else",
         "evenhand simulate run: option `--entirely-else` is not known; --help "
         "lists them"},
        {"doctor|--jsn", "evenhand doctor: option `--jsn` is not known; did you mean `--json`?"},
        {"simulate|run|p|--out", "evenhand simulate run: option `--out` wants a value: --out DIR"},
        {"simulate|run|p|--out|--quick",
         "evenhand simulate run: option `--out` wants a value: --out DIR"},
        {"simulate|run|p|--quick=1",
         "evenhand simulate run: option `--quick` is a switch, it takes no "
         "value"},
        {"simulate|run|p|-q", "evenhand simulate run: `-q`: options begin with two dashes"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char *out, *err, want[512];
        assert_int_equal(command(&out, &err, rows[i].words), 64);
        snprintf(want, sizeof(want),
                 "error[E-USE-001] %s\ncause: the command line is not one we know\nfix:   see "
                 "--help of the "
                 "command\nmore:  evenhand explain E-USE-001\n",
                 rows[i].line);
        assert_string_equal(err, want);
        assert_string_equal(out, "");
        assert_string_equal(seen, "");
        free(out);
        free(err);
    }
}

static void json_gives_one_envelope_on_stdout(void **state)
{
    (void)state;
    static const struct {
        const char *words, *want;
        int status;
    } rows[] = {
        {"simulate|run|p|--json",
         "{\"schema\":\"evenhand.result/1\",\"command\":\"evenhand simulate run\",\"ok\":true,"
         "\"exit\":0,\"data\":{\"rounds\":3}}\n",
         0},
        {"--json|simulate|run|p",
         "{\"schema\":\"evenhand.result/1\",\"command\":\"evenhand\",\"ok\":false,\"exit\":64,"
         "\"error\":{\"code\":\"E-USE-001\",\"message\":\"a command is wanted; evenhand --help "
         "lists them\",\"where\":\"evenhand\",\"cause\":\"the command line is not one we know\","
         "\"fix\":\"see --help of the command\",\"retry\":\"no\"}}\n",
         64},
        {"doctor|--json",
         "{\"schema\":\"evenhand.result/1\",\"command\":\"evenhand doctor\",\"ok\":true,"
         "\"exit\":0,\"data\":{}}\n",
         0},
        {"simulate|run|p|--json|--no",
         "{\"schema\":\"evenhand.result/1\",\"command\":\"evenhand simulate run\",\"ok\":false,"
         "\"exit\":1,\"data\":{\"rounds\":3}}\n",
         1},
        {"simulate|run|p|--json|--broken|--no",
         "{\"schema\":\"evenhand.result/1\",\"command\":\"evenhand simulate run\",\"ok\":false,"
         "\"exit\":65,\"error\":{\"code\":\"E-DAT-003\",\"message\":\"row 7, column 2\",\"where\":"
         "\"north.h5\",\"cause\":\"a feature holds NaN or infinity\",\"fix\":\"impute or drop the "
         "rows named above before importing\",\"retry\":\"no\"}}\n",
         65},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char *out, *err;
        assert_int_equal(command(&out, &err, rows[i].words), rows[i].status);
        assert_string_equal(out, rows[i].want);
        assert_int_equal(strstr(err, "error[") != NULL, strstr(rows[i].want, "error") != NULL);
        free(out);
        free(err);
    }
}

static void an_error_is_told_in_four_lines(void **state)
{
    (void)state;
    char *out, *err;
    assert_int_equal(command(&out, &err, "simulate|run|p|--broken"), 65);
    assert_string_equal(out, "3 rounds\n");
    assert_string_equal(err, "error[E-DAT-003] north.h5: row 7, column 2\n"
                             "cause: a feature holds NaN or infinity\n"
                             "fix:   impute or drop the rows named above before importing\n"
                             "more:  evenhand explain E-DAT-003\n");
    free(out);
    free(err);
}

static void help_goes_to_stdout_and_runs_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *words, *want;
    } rows[] = {
        {"--help", "usage: evenhand COMMAND [options]\n\nTrains fairly.\n\ncommands:\n"
                   "  simulate run  Runs a federation on this machine.\n"
                   "  simulate new  A plan to start from.\n"
                   "  doctor        What is wrong.\n"
                   "  forget        A bug.\n"
                   "  mistype       Another.\n\n"
                   "Every command has --help and --json. evenhand --version tells the version.\n"},
        {"simulate|--help", "usage: evenhand simulate COMMAND [options]\n\nTrains "
                            "fairly.\n\ncommands:\n"
                            "  simulate run  Runs a federation on this machine.\n"
                            "  simulate new  A plan to start from.\n\n"
                            "Every command has --help and --json.\n"},
        {"simulate|run|--help",
         "usage: evenhand simulate run PLAN.cfg [options]\n\nRuns a federation on this machine.\n\n"
         "options:\n"
         "  --out DIR        where the run goes\n"
         "  --set KEY=VALUE  overrides a setting; may be repeated\n"
         "  --quick          less of everything\n"
         "  --no             the answer is no\n"
         "  --broken         something is wrong\n"
         "  --json           print the result as one JSON object on stdout\n"
         "  --help           print this and do nothing\n"},
        {"doctor|-h|--json", "usage: evenhand doctor [options]\n\nWhat is wrong.\n\noptions:\n"
                             "  --json  print the result as one JSON object on stdout\n"
                             "  --help  print this and do nothing\n"},
        {"--version", "evenhand 0.1.0-dev\n"},
        {"--version|--json",
         "{\"schema\":\"evenhand.result/1\",\"command\":\"evenhand\",\"ok\":true,\"exit\":0,"
         "\"data\":{\"program\":\"evenhand\",\"version\":\"0.1.0-dev\"}}\n"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char *out, *err;
        assert_int_equal(command(&out, &err, rows[i].words), 0);
        assert_string_equal(out, rows[i].want);
        assert_string_equal(err, "");
        assert_string_equal(seen, "");
        free(out);
        free(err);
    }
}

static void repeats_have_a_limit(void **state)
{
    (void)state;
    char words[1024] = "simulate|run|p", *out, *err;
    size_t len = strlen(words);
    for (int i = 0; i < OPT_REPEAT_MAX; i++, len += strlen("|--set=a"))
        snprintf(words + len, sizeof(words) - len, "|--set=a");
    assert_int_equal(command(&out, &err, words), 0);
    free(out);
    free(err);
    snprintf(words + len, sizeof(words) - len, "|--set=a");
    assert_int_equal(command(&out, &err, words), 64);
    assert_non_null(strstr(err, "more than 64 times"));
    free(out);
    free(err);
}

static void a_result_that_is_not_written_is_an_error(void **state)
{
    (void)state;
    char program[] = "evenhand", verb[] = "doctor", json[] = "--json";
    char *argv[] = {program, verb, json, NULL};
    struct capture to_err = capture_open(2);
    fflush(stdout);
    int saved = dup(1), full = open("/dev/full", O_WRONLY);
    dup2(full, 1);
    int status = opt_main("evenhand", "", verbs, COUNT(verbs), 3, argv);
    dup2(saved, 1);
    clearerr(stdout);
    close(saved);
    close(full);
    char *err = capture_close(&to_err);
    assert_int_equal(status, 74);
    assert_non_null(strstr(err, "error[E-IO-003] standard output"));
    free(err);
}

static void run_verb(void *ctx)
{
    char program[] = "evenhand", *argv[] = {program, ctx, NULL};
    opt_main("evenhand", "", verbs, COUNT(verbs), 2, argv);
}

static void our_own_mistakes_stop(void **state)
{
    (void)state;
    char forget[] = "forget", mistype[] = "mistype", doctor[] = "doctor";
    assert_true(stops(NULL, 0, run_verb, forget));  /* failed without a complaint */
    assert_true(stops(NULL, 0, run_verb, mistype)); /* asked for an option it does not have */
    assert_false(stops(NULL, 0, run_verb, doctor));
}

static void a_complaint_that_quotes_somebody_does_not_command_the_terminal(void **state)
{
    (void)state;
    char *out, *err;
    assert_int_equal(command(&out, &err,
                             "simulate|run|p.cfg|--\x1b[2J\xc2\x9b"
                             "and more\n"),
                     64);
    assert_non_null(strstr(err, "simulate run: option `--?[2J?and more?` is not known; "));
    assert_null(strpbrk(err, "\x1b\x9b"));
    free(out);
    free(err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_complaint_that_quotes_somebody_does_not_command_the_terminal),
        cmocka_unit_test(a_command_line_is_understood),
        cmocka_unit_test(what_is_not_understood_is_refused_with_64),
        cmocka_unit_test(json_gives_one_envelope_on_stdout),
        cmocka_unit_test(an_error_is_told_in_four_lines),
        cmocka_unit_test(help_goes_to_stdout_and_runs_nothing),
        cmocka_unit_test(repeats_have_a_limit),
        cmocka_unit_test(a_result_that_is_not_written_is_an_error),
        cmocka_unit_test(our_own_mistakes_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
