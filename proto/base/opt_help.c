#include "proto/base/opt_help.h"

#include <string.h>

#define COLUMN_MAX 34 /* where the explanations of a page begin, at most */

static bool in_group(const struct opt_verb *verb, const char *group)
{
    size_t len = strlen(group);
    return len == 0 || (strncmp(verb->name, group, len) == 0 && verb->name[len] == ' ');
}

bool opt_help_has_group(const struct opt_verb *verbs, size_t count, const char *word)
{
    for (size_t i = 0; i < count; i++)
        if (word[0] != '\0' && in_group(&verbs[i], word))
            return true;
    return false;
}

static int widest(int a, size_t b)
{
    int width = b > COLUMN_MAX ? COLUMN_MAX : (int)b;
    return a > width ? a : width;
}

void opt_help_program(FILE *out, const char *program, const char *about,
                      const struct opt_verb *verbs, size_t count, const char *group)
{
    bool all = group[0] == '\0';
    fprintf(out, "usage: %s%s%s COMMAND [options]\n\n%s\n\ncommands:\n", program, all ? "" : " ",
            group, about);
    int width = 0;
    for (size_t i = 0; i < count; i++)
        if (in_group(&verbs[i], group))
            width = widest(width, strlen(verbs[i].name));
    for (size_t i = 0; i < count; i++)
        if (in_group(&verbs[i], group))
            fprintf(out, "  %-*s  %s\n", width, verbs[i].name, verbs[i].about);
    fprintf(out, "\nEvery command has --help and --json.");
    fprintf(out, all ? " %s --version tells the version.\n" : "\n", program);
}

static void print_option(FILE *out, int width, const char *name, const char *value,
                         const char *about)
{
    char left[128];
    snprintf(left, sizeof(left), "--%s%s%s", name, value == NULL ? "" : " ",
             value == NULL ? "" : value);
    fprintf(out, "  %-*s  %s\n", width, left, about);
}

void opt_help_verb(FILE *out, const char *program, const struct opt_verb *verb)
{
    fprintf(out, "usage: %s %s%s%s [options]\n\n%s\n\noptions:\n", program, verb->name,
            verb->arguments[0] == '\0' ? "" : " ", verb->arguments, verb->about);
    int width = (int)strlen("--json");
    for (size_t i = 0; i < verb->row_count; i++) {
        const struct opt_row *row = &verb->rows[i];
        size_t value_len = row->value == NULL ? 0 : 1 + strlen(row->value);
        width = widest(width, 2 + strlen(row->name) + value_len);
    }
    for (size_t i = 0; i < verb->row_count; i++)
        print_option(out, width, verb->rows[i].name, verb->rows[i].value, verb->rows[i].about);
    print_option(out, width, "json", NULL, "print the result as one JSON object on stdout");
    print_option(out, width, "help", NULL, "print this and do nothing");
}
