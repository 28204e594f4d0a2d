#include "proto/base/opt.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/arena.h"
#include "proto/base/must.h"
#include "proto/base/opt_help.h"
#include "proto/base/text.h"

#define COMMAND_MAX 128

struct given {
    const struct opt_row *row;
    const char *value; /* NULL: a switch */
};

/* The command line of this process: read once by opt_main, before anything else runs. */
static struct {
    const struct opt_verb *verb;
    struct given *options;
    size_t option_count;
    const char **arguments;
    size_t argument_count;
    bool json;
    bool help;
    int exit_status;
} line;

static const struct opt_row *row_named(const struct opt_verb *verb, const char *name, size_t len)
{
    for (size_t i = 0; i < verb->row_count; i++)
        if (strlen(verb->rows[i].name) == len && memcmp(verb->rows[i].name, name, len) == 0)
            return &verb->rows[i];
    return NULL;
}

/* An option the verb does not have must not be asked for: that would never be given, silently. */
static const struct opt_row *promised(const char *name)
{
    must(line.verb != NULL);
    const struct opt_row *row = row_named(line.verb, name, strlen(name));
    must(row != NULL);
    return row;
}

size_t opt_repeats(const char *name)
{
    const struct opt_row *row = promised(name);
    size_t count = 0;
    for (size_t i = 0; i < line.option_count; i++)
        count += line.options[i].row == row ? 1 : 0;
    return count;
}

const char *opt_repeat(const char *name, size_t at)
{
    const struct opt_row *row = promised(name);
    size_t count = 0;
    for (size_t i = 0; i < line.option_count; i++)
        if (line.options[i].row == row && count++ == at)
            return line.options[i].value;
    must_fail("at is less than opt_repeats", __FILE__, __LINE__);
}

bool opt_given(const char *name)
{
    return opt_repeats(name) > 0;
}

const char *opt_value(const char *name, const char *otherwise)
{
    must(promised(name)->value != NULL);
    size_t count = opt_repeats(name);
    return count == 0 ? otherwise : opt_repeat(name, count - 1);
}

size_t opt_arguments(void)
{
    return line.argument_count;
}

const char *opt_argument(size_t at)
{
    must(at < line.argument_count);
    return line.arguments[at];
}

bool opt_json(void)
{
    return line.json;
}

void opt_exit_with(int status)
{
    line.exit_status = status;
}

/* How many words of the command line the verb's name takes; 0: it is another verb. */
static int words_matched(const struct opt_verb *verb, int argc, char **argv)
{
    int words = 0;
    const char *name = verb->name;
    while (*name != '\0') {
        size_t len = strcspn(name, " ");
        if (words >= argc || strlen(argv[words]) != len || memcmp(argv[words], name, len) != 0)
            return 0;
        words++;
        name += len + (name[len] == ' ' ? 1 : 0);
    }
    return words;
}

/* argv without the program; *words is what the verb's name took. The longest name wins. */
static const struct opt_verb *find_verb(int *words, const struct opt_verb *verbs, size_t count,
                                        int argc, char **argv)
{
    const struct opt_verb *found = NULL;
    *words = 0;
    for (size_t i = 0; i < count; i++) {
        int matched = words_matched(&verbs[i], argc, argv);
        if (matched > *words) {
            *words = matched;
            found = &verbs[i];
        }
    }
    return found;
}

static enum status unknown_verb(const char *program, const struct opt_verb *verbs, size_t count,
                                int argc, char **argv)
{
    const char *nearest = NULL;
    size_t least = SIZE_MAX, written_len = 0;
    for (size_t i = 0; i < count; i++) {
        bool two = strchr(verbs[i].name, ' ') != NULL && argc > 1 && argv[1][0] != '-';
        char written[COMMAND_MAX];
        snprintf(written, sizeof(written), "%s%s%s", argv[0], two ? " " : "", two ? argv[1] : "");
        size_t distance = text_distance(written, verbs[i].name);
        if (distance < least) {
            least = distance;
            nearest = verbs[i].name;
            written_len = strlen(written);
        }
    }
    if (nearest == NULL || !text_near(least, written_len))
        return fault(EC_USAGE, program, "`%s` is not a command; --help lists them", argv[0]);
    return fault(EC_USAGE, program, "`%s` is not a command; did you mean `%s`?", argv[0], nearest);
}

static enum status unknown_option(const char *where, const struct opt_verb *verb, const char *name,
                                  size_t len)
{
    char written[COMMAND_MAX];
    snprintf(written, sizeof(written), "%.*s", (int)len, name);
    const char *nearest = "json";
    size_t least = text_distance(written, nearest);
    for (size_t i = 0; i < verb->row_count; i++) {
        size_t distance = text_distance(written, verb->rows[i].name);
        if (distance < least) {
            least = distance;
            nearest = verb->rows[i].name;
        }
    }
    if (!text_near(least, len))
        return fault(EC_USAGE, where, "option `--%s` is not known; --help lists them", written);
    return fault(EC_USAGE, where, "option `--%s` is not known; did you mean `--%s`?", written,
                 nearest);
}

/* argv[*at] begins with two dashes; *at moves on to its value when that stands apart. */
static enum status take_option(int *at, const char *where, const struct opt_verb *verb, int argc,
                               char **argv)
{
    const char *name = argv[*at] + 2;
    size_t len = strcspn(name, "=");
    const char *value = name[len] == '=' ? name + len + 1 : NULL;
    const struct opt_row *row = row_named(verb, name, len);
    bool common = row == NULL && value == NULL;
    if (common && strcmp(name, "json") == 0)
        return ST_OK; /* asks_for_json has seen it */
    if (common && strcmp(name, "help") == 0) {
        line.help = true;
        return ST_OK;
    }
    if (row == NULL)
        return unknown_option(where, verb, name, len);
    if (row->value == NULL && value != NULL)
        return fault(EC_USAGE, where, "option `--%s` is a switch, it takes no value", row->name);
    if (row->value != NULL && value == NULL) {
        if (*at + 1 >= argc || strncmp(argv[*at + 1], "--", 2) == 0)
            return fault(EC_USAGE, where, "option `--%s` wants a value: --%s %s", row->name,
                         row->name, row->value);
        value = argv[++*at];
    }
    line.options[line.option_count++] = (struct given){.row = row, .value = value};
    if (opt_repeats(row->name) > OPT_REPEAT_MAX)
        return fault(EC_USAGE, where, "option `--%s` is given more than %d times", row->name,
                     OPT_REPEAT_MAX);
    return ST_OK;
}

static bool is_option(const char *word)
{
    /* "-" is a file name by custom, and "-5" a number. */
    return word[0] == '-' && word[1] != '\0' && !isdigit((unsigned char)word[1]) && word[1] != '.';
}

static enum status read_line(const char *where, const struct opt_verb *verb, int argc, char **argv)
{
    bool options_end = false;
    for (int at = 0; at < argc; at++) {
        enum status st = ST_OK;
        if (options_end || !is_option(argv[at]))
            line.arguments[line.argument_count++] = argv[at];
        else if (strcmp(argv[at], "--") == 0)
            options_end = true;
        else if (strcmp(argv[at], "-h") == 0)
            line.help = true;
        else if (argv[at][1] == '-')
            st = take_option(&at, where, verb, argc, argv);
        else
            st = fault(EC_USAGE, where, "`%s`: options begin with two dashes", argv[at]);
        if (st != ST_OK)
            return st;
    }
    if (line.help)
        return ST_OK;
    if (line.argument_count < verb->least || line.argument_count > verb->most)
        return fault(EC_USAGE, where, "wants %s, got %zu argument%s",
                     verb->most == 0 ? "no argument" : verb->arguments, line.argument_count,
                     line.argument_count == 1 ? "" : "s");
    return ST_OK;
}

/* Place and detail may quote a file or another party. */
static void print_complaint(const struct complaint_kept *kept)
{
    const struct complaint_row *row = complaint_row(kept->what);
    fprintf(stderr, "error[%s] ", row->code);
    text_clean(stderr, kept->where, strlen(kept->where));
    fputs(kept->where[0] == '\0' ? "" : ": ", stderr);
    text_clean(stderr, kept->detail, strlen(kept->detail));
    fprintf(stderr, "\ncause: %s\nfix:   %s\nmore:  evenhand explain %s\n", row->cause, row->fix,
            row->code);
}

static struct json *error_of(const struct complaint_kept *kept)
{
    const struct complaint_row *row = complaint_row(kept->what);
    struct json *error = json_object();
    json_put_text(error, "code", row->code);
    json_put_text(error, "message", kept->detail);
    json_put_text(error, "where", kept->where);
    json_put_text(error, "cause", row->cause);
    json_put_text(error, "fix", row->fix);
    json_put_text(error, "retry", retry_name(row->retry));
    return error;
}

/* Consumes data. Exactly one of data and error (NULL) goes out. */
static void print_envelope(const char *command, int exit_status, struct json *data,
                           struct json *error)
{
    struct json *envelope = json_object();
    json_put_text(envelope, "schema", "evenhand.result/1");
    json_put_text(envelope, "command", command);
    json_put_bool(envelope, "ok", exit_status == 0);
    json_put_int(envelope, "exit", exit_status);
    if (error != NULL)
        json_put(envelope, "error", error);
    else
        json_put(envelope, "data", data == NULL ? json_object() : data);
    char *text = json_text(envelope, 0);
    puts(text);
    free(text);
    json_close(&envelope);
}

/* Prints what came of it; consumes data. A result that did not reach stdout is no result. */
static int finish(const char *command, enum status st, struct json *data)
{
    int exit_status = line.exit_status;
    if (st != ST_OK) {
        const struct complaint_kept *kept = fault_kept();
        must(kept->what != EC_NONE);
        must(complaint_row(kept->what)->status == st);
        exit_status = complaint_row(kept->what)->exit_status;
        fflush(stdout);
        print_complaint(kept);
        if (line.json)
            print_envelope(command, exit_status, NULL, error_of(kept));
        json_close(&data);
    } else if (line.json) {
        print_envelope(command, exit_status, data, NULL);
    } else {
        json_close(&data);
    }
    if ((fflush(stdout) != 0 || ferror(stdout)) && st == ST_OK) {
        enum status lost = fault(EC_IO_WRITE, "standard output", "the result could not be written");
        must(lost == ST_IO);
        print_complaint(fault_kept());
        return complaint_row(EC_IO_WRITE)->exit_status;
    }
    return exit_status;
}

static struct json *version_data(const char *program)
{
    struct json *data = json_object();
    json_put_text(data, "program", program);
    json_put_text(data, "version", EVENHAND_VERSION);
    return data;
}

/* --help, --version, a group's name, or nothing that we know. */
static int without_verb(const char *program, const char *about, const struct opt_verb *verbs,
                        size_t count, int argc, char **argv)
{
    const char *word = argc > 0 ? argv[0] : "";
    bool asked =
        strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0;
    if (strcmp(word, "--version") == 0) {
        if (!line.json)
            printf("%s %s\n", program, EVENHAND_VERSION);
        return finish(program, ST_OK, version_data(program));
    }
    if (asked) {
        opt_help_program(stdout, program, about, verbs, count, "");
        return finish(program, ST_OK, NULL);
    }
    if (opt_help_has_group(verbs, count, word)) {
        if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
            opt_help_program(stdout, program, about, verbs, count, word);
            return finish(program, ST_OK, NULL);
        }
        if (argc == 1 || argv[1][0] == '-')
            return finish(program,
                          fault(EC_USAGE, program,
                                "`%s` wants one word more; %s %s --help lists them", word, program,
                                word),
                          NULL);
    }
    if (argc == 0 || word[0] == '-')
        return finish(
            program, fault(EC_USAGE, program, "a command is wanted; %s --help lists them", program),
            NULL);
    return finish(program, unknown_verb(program, verbs, count, argc, argv), NULL);
}

/* Known before anything is parsed, so that every error can be told in JSON too. */
static bool asks_for_json(int argc, char **argv)
{
    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--json") == 0)
            return true;
    return false;
}

int opt_main(const char *program, const char *about, const struct opt_verb *verbs, size_t count,
             int argc, char **argv)
{
    must(argc > 0);
    argc--, argv++;
    line.json = asks_for_json(argc, argv);
    line.help = false;
    line.exit_status = 0;
    int words = 0;
    line.verb = find_verb(&words, verbs, count, argc, argv);
    if (line.verb == NULL)
        return without_verb(program, about, verbs, count, argc, argv);

    char command[COMMAND_MAX];
    snprintf(command, sizeof(command), "%s %s", program, line.verb->name);
    line.options = must_alloc((size_t)argc, sizeof(*line.options));
    line.arguments = must_alloc((size_t)argc, sizeof(*line.arguments));
    line.option_count = line.argument_count = 0;
    fault_restore(&(struct complaint_kept){.what = EC_NONE});

    struct json *data = NULL;
    enum status st = read_line(command, line.verb, argc - words, argv + words);
    if (st == ST_OK && line.help) {
        opt_help_verb(stdout, program, line.verb);
        line.json = false;
    } else if (st == ST_OK) {
        st = line.verb->run(line.verb, &data);
    }
    int exit_status = finish(command, st, data);
    free(line.options);
    free(line.arguments);
    line.options = NULL;
    line.arguments = NULL;
    line.verb = NULL;
    return exit_status;
}
