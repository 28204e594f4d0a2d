/* Any text as a settings file: it is refused, or gives a set whose normal form reads back. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/arena.h"
#include "proto/base/conf.h"
#include "tests/support/reread.h"

static const struct setting rows[] = {
    {"seed", SET_INT, 0, 0, "", "1", NULL, false, ""},
    {"lr", SET_REAL, 0, 10, "", "1e-3", NULL, false, ""},
    {"on", SET_BOOL, 0, 0, "", "true", NULL, false, ""},
    {"plan", SET_TEXT, 0, 0, "", "", NULL, false, ""},
    {"merge.rule", SET_TEXT, 0, 0, "", "fedavg", "fedavg|scaffold", false, ""},
    {"model.hidden", SET_LIST_INT, 1, 4096, "", "[64]", NULL, false, ""},
    {"cuts", SET_LIST_REAL, 0, 1, "", "[]", NULL, false, ""},
    {"probes", SET_LIST_TEXT, 0, 0, "", "[]", NULL, false, ""},
    {"tasks[].name", SET_TEXT, 0, 0, "", NULL, NULL, false, ""},
    {"tasks[].parts[].at", SET_INT, 0, 0, "", "0", NULL, false, ""},
};

/* libconfig 1.5 forgets its text buffer at a syntax error; what we allocate stays watched. */
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
    return "leak:libconfig_yylex\nleak:strbuf_append\n";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const struct setting_table table = {rows, COUNT(rows)};
    char *text = must_alloc(len + 1, 1);
    if (len > 0)
        memcpy(text, data, len);
    struct settings *s = settings_open(&table, 1);
    if (conf_parse(s, text, "fuzz") == ST_OK && settings_finish(s) == ST_OK)
        must_reread(&table, s);
    settings_close(&s);
    free(text);
    return 0;
}
