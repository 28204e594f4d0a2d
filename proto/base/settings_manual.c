/* The tables as a page for people: what configs/README.md is made of. */
#include "proto/base/settings_inside.h"

#include <string.h>

#include "proto/base/must.h"
#include "proto/base/text.h"

static const char *type_name(enum setting_type type)
{
    static const char *const names[] = {
        [SET_BOOL] = "true/false", [SET_INT] = "integer",       [SET_REAL] = "number",
        [SET_TEXT] = "text",       [SET_LIST_INT] = "integers", [SET_LIST_REAL] = "numbers",
        [SET_LIST_TEXT] = "texts",
    };
    must((size_t)type < COUNT(names));
    return names[type];
}

/* In a Markdown table a bar would end the cell. */
static void print_cell(FILE *out, const char *text)
{
    for (const char *c = text; *c != '\0'; c++)
        fprintf(out, *c == '|' ? "\\%c" : "%c", *c);
}

static void print_choices(FILE *out, const char *choices)
{
    for (const char *c = choices;;) {
        size_t len = strcspn(c, "|");
        fprintf(out, len == 0 ? "`\"\"`" : "`%.*s`", (int)len, c);
        c += len;
        if (*c == '\0')
            return;
        fputs(", ", out);
        c++;
    }
}

static void print_allowed(FILE *out, const struct setting *row)
{
    if (row->choices != NULL) {
        print_choices(out, row->choices);
    } else if (setting_has_range(row)) {
        char lo[TEXT_REAL_MAX], hi[TEXT_REAL_MAX];
        text_real(lo, row->lo);
        text_real(hi, row->hi);
        fprintf(out, "%s to %s", lo, hi);
    } else {
        fputs("any", out);
    }
}

static void print_row(FILE *out, const struct setting *row, bool tell_local)
{
    fprintf(out, "| `%s` | %s | ", row->key, type_name(row->type));
    print_allowed(out, row);
    fprintf(out, " | %s | ", row->unit);
    if (row->initial == NULL) {
        fputs("must be given", out);
    } else if (row->initial[0] == '\0') {
        fputs("empty", out);
    } else {
        fputc('`', out);
        print_cell(out, row->initial);
        fputc('`', out);
    }
    fputs(" | ", out);
    print_cell(out, row->about);
    fprintf(out, "%s |\n", row->local && tell_local ? " (of this machine, not of the plan)" : "");
}

/* Where every row is of this machine, there is no plan to tell them from. */
static bool has_shared(const struct setting_table *table)
{
    for (size_t i = 0; i < table->count; i++)
        if (!table->rows[i].local)
            return true;
    return false;
}

char *settings_manual(const struct setting_table *tables, size_t count)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    must(out != NULL);
    fputs("| key | type | allowed | unit | default | meaning |\n|---|---|---|---|---|---|\n", out);
    for (size_t t = 0; t < count; t++)
        for (size_t i = 0; i < tables[t].count; i++)
            print_row(out, &tables[t].rows[i], has_shared(&tables[t]));
    must(fclose(out) == 0);
    return text;
}
