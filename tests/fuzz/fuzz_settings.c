/*
 * Any KEY=VALUE lines: each is refused, and then changes nothing, or gives a value of its type and
 * in its range. What is finished has a normal form that reads back.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/arena.h"
#include "proto/base/must.h"
#include "tests/support/reread.h"

#define LINES_MAX 64
#define TEXT_MAX  512 /* longer ones only say more of the same */

static const struct setting rows[] = {
    {"on", SET_BOOL, 0, 0, "", "true", NULL, false, ""},
    {"seed", SET_INT, 0, 0, "", "1", NULL, false, ""},
    {"few", SET_INT, -3, 9, "", "-3", NULL, false, ""},
    {"size", SET_REAL, 0, 0, "", "-1e-3", NULL, false, ""},
    {"share", SET_REAL, 0.25, 1, "", "0.5", NULL, false, ""},
    {"word", SET_TEXT, 0, 0, "", "\"\"", NULL, false, ""},
    {"rule", SET_TEXT, 0, 0, "", "a", "a|bc||d e", false, ""},
    {"root", SET_TEXT, 0, 0, "", "\".\"", NULL, true, ""},
    {"ints", SET_LIST_INT, -8, 8, "", "[1, -2]", NULL, false, ""},
    {"reals", SET_LIST_REAL, 0, 1, "", "[]", NULL, false, ""},
    {"words", SET_LIST_TEXT, 0, 0, "", "[]", NULL, false, ""},
    {"rules", SET_LIST_TEXT, 0, 0, "", "[x]", "x|y", false, ""},
    {"t[].name", SET_TEXT, 0, 0, "", NULL, NULL, false, ""},
    {"t[].p[].at", SET_INT, 0, 0, "", "0", NULL, false, ""},
};
static const struct setting_table table = {rows, COUNT(rows)};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static bool among(const char *const *words, size_t count, const char *word)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(words[i], word) == 0)
            return true;
    return false;
}

static void check_ranges(const struct settings *s)
{
    static const char *const rule[] = {"a", "bc", "", "d e"}, *const rules[] = {"x", "y"};
    must(settings_int(s, "few") >= -3);
    must(settings_int(s, "few") <= 9);
    must(settings_real(s, "share") >= 0.25);
    must(settings_real(s, "share") <= 1);
    must(settings_real(s, "size") - settings_real(s, "size") == 0); /* finite */
    must(among(rule, COUNT(rule), settings_text(s, "rule")));
    for (size_t i = 0; i < settings_count(s, "ints"); i++) {
        must(settings_list_real(s, i, "ints") >= -8);
        must(settings_list_real(s, i, "ints") <= 8);
    }
    for (size_t i = 0; i < settings_count(s, "reals"); i++) {
        must(settings_list_real(s, i, "reals") >= 0);
        must(settings_list_real(s, i, "reals") <= 1);
    }
    for (size_t i = 0; i < settings_count(s, "rules"); i++)
        must(among(rules, COUNT(rules), settings_list_text(s, i, "rules")));
    must(settings_count(s, "words") <= SETTINGS_LIST_MAX);
    must(settings_count(s, "t") <= SETTINGS_LIST_MAX);
    for (size_t i = 0; i < settings_count(s, "t"); i++)
        must(settings_count(s, "t[%zu].p", i) <= SETTINGS_LIST_MAX);
}

/* Which lines were taken; at first all may be. */
struct lines {
    bool good[LINES_MAX];
    size_t taken, refused;
};

static struct settings *put_all(struct lines *l, const char *text)
{
    struct settings *s = settings_open(&table, 1);
    char *copy = strdup(text), *rest = copy;
    must(copy != NULL);
    for (size_t i = 0; i < LINES_MAX && rest != NULL; i++) {
        const char *line = strsep(&rest, "\n");
        if (!l->good[i])
            continue;
        l->good[i] = settings_put_pair(s, line) == ST_OK;
        l->taken += l->good[i] ? 1 : 0;
        l->refused += l->good[i] ? 0 : 1;
    }
    free(copy);
    return s;
}

/* The same without the lines that were refused. */
static void must_be_the_same(const struct settings *s, bool finished, struct lines *l,
                             const char *text)
{
    struct settings *same = put_all(l, text);
    must((settings_finish(same) == ST_OK) == finished);
    if (finished) {
        char *ours = settings_normal(s), *theirs = settings_normal(same);
        must(strcmp(ours, theirs) == 0);
        free(theirs);
        free(ours);
    }
    settings_close(&same);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    len = len < TEXT_MAX ? len : TEXT_MAX;
    struct lines lines = {.taken = 0, .refused = 0};
    memset(lines.good, true, sizeof lines.good);
    char *text = must_alloc(len + 1, 1);
    if (len > 0)
        memcpy(text, data, len);
    struct settings *s = put_all(&lines, text);
    bool finished = lines.taken > 0 && settings_finish(s) == ST_OK;
    if (lines.taken > 0 && lines.refused > 0)
        must_be_the_same(s, finished, &lines, text);
    if (finished) {
        check_ranges(s);
        must_reread(&table, s);
    }
    settings_close(&s);
    free(text);
    return 0;
}
