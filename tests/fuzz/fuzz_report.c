/*
 * Any JSON as a report: told as far as it goes, in printable words alone; and our own printing of
 * it reads back as the same tree.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "coordinator/report/report.h"
#include "proto/base/arena.h"
#include "proto/base/must.h"

#define HEAD "{\"schema\":\"" REPORT_SCHEMA "\""

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Length of the UTF-8 character at c, 0: it is none, or would move a cursor. */
static size_t printable(const unsigned char *c)
{
    if (c[0] < 0x80)
        return (c[0] >= ' ' && c[0] != 0x7F) || c[0] == '\n' ? 1 : 0;
    size_t more = c[0] >= 0xF0 ? 3 : c[0] >= 0xE0 ? 2 : 1;
    if (c[0] < 0xC2 || c[0] > 0xF4 || (c[0] == 0xC2 && c[1] < 0xA0))
        return 0;
    for (size_t i = 1; i <= more; i++)
        if ((c[i] & 0xC0) != 0x80)
            return 0;
    return more + 1;
}

static void check_text(const struct json *report, size_t width)
{
    char *text = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&text, &len);
    must(to != NULL);
    must(report_text(to, report, width) == ST_OK);
    must(fclose(to) == 0);
    must(len > 0);
    for (size_t at = 0; at < len;) {
        size_t step = printable((const unsigned char *)text + at);
        must(step > 0);
        at += step;
    }
    free(text);
}

static void check_printing(const struct json *tree)
{
    struct json *again = NULL;
    char *text = json_text(tree, 2);
    must(json_parse(&again, text, strlen(text), "fuzz") == ST_OK);
    char *same = json_text(again, 2);
    must(strcmp(text, same) == 0);
    free(same);
    free(text);
    json_close(&again);
}

static void check(const char *text, size_t len, size_t width)
{
    struct json *tree = NULL;
    if (json_parse(&tree, text, len, "fuzz") != ST_OK) {
        must(tree == NULL);
        return;
    }
    check_printing(tree);
    if (report_judge(tree) == ST_OK)
        check_text(tree, width);
    json_close(&tree);
}

/* The first byte is the width. What is no JSON is tried behind the schema of a report. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len == 0)
        return 0;
    const size_t head = sizeof HEAD - 1;
    char *text = must_alloc(head + len, 1);
    memcpy(text, HEAD, head);
    memcpy(text + head, data + 1, len - 1);
    check(text + head, len - 1, data[0]);
    check(text, head + len - 1, data[0]);
    free(text);
    return 0;
}
