#include "proto/base/log.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/clock.h"
#include "proto/base/file.h"
#include "proto/base/json.h"
#include "proto/base/must.h"
#include "proto/base/text.h"

#define WHOLE_MAX 9007199254740992.0 /* 2^53: whole numbers up to here are exact in a double */

/* Set at start-up, before there are threads; a line goes out in one fwrite, which locks. */
static struct {
    enum log_level level;
    bool json;
    FILE *file;
} to = {.level = LOG_INFO};

void log_to_stderr(enum log_level level, bool json)
{
    to.level = level;
    to.json = json;
}

enum status log_to_file(const char *path)
{
    if (to.file != NULL)
        fclose(to.file);
    to.file = NULL;
    if (path == NULL)
        return ST_OK;
    to.file = fopen(path, "ae");
    return to.file != NULL ? ST_OK : fault(EC_IO_CREATE, path, "%s", strerror(errno));
}

static const char *level_name(enum log_level level)
{
    static const char *const names[] = {
        [LOG_ERROR] = "error", [LOG_WARN] = "warn", [LOG_INFO] = "info", [LOG_DEBUG] = "debug"};
    must((size_t)level < COUNT(names));
    return names[level];
}

static char *json_line(const char *time, enum log_level level, const char *event,
                       const struct log_field *fields, size_t count)
{
    struct json *line = json_object();
    json_put_text(line, "time", time);
    json_put_text(line, "level", level_name(level));
    json_put_text(line, "event", event);
    for (size_t i = 0; i < count; i++) {
        double v = fields[i].number;
        if (fields[i].text != NULL)
            json_put_text(line, fields[i].key, fields[i].text);
        else if (fabs(v) <= WHOLE_MAX && floor(v) == v)
            json_put_int(line, fields[i].key, (int64_t)v);
        else
            json_put_real(line, fields[i].key, v);
    }
    char *text = json_text(line, 0);
    json_close(&line);
    return text;
}

/* A word with spaces, quotes or control characters would blur or forge the fields around it. */
static void print_word(FILE *out, const char *word)
{
    bool plain = word[0] != '\0';
    for (const char *c = word; *c != '\0'; c++)
        plain = plain && (unsigned char)*c > ' ' && *c != '"' && *c != '=' && *c != 0x7f;
    if (plain)
        fputs(word, out);
    else
        text_quoted(out, word);
}

static char *text_line(const char *time, enum log_level level, const char *event,
                       const struct log_field *fields, size_t count)
{
    char *text = NULL, digits[TEXT_REAL_MAX];
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    must(out != NULL);
    fprintf(out, "%.8s %-5s %s", time + strlen("2026-11-23T"), level_name(level), event);
    for (size_t i = 0; i < count; i++) {
        fprintf(out, "%s%s=", i == 0 ? "  " : " ", fields[i].key);
        if (fields[i].text != NULL) {
            print_word(out, fields[i].text);
        } else if (isfinite(fields[i].number)) {
            text_real(digits, fields[i].number);
            fputs(digits, out);
        } else {
            fprintf(out, "%g", fields[i].number);
        }
    }
    must(fclose(out) == 0);
    return text;
}

/* Consumes text. A log that cannot be written must not stop the work it tells of. */
static void put_line(FILE *out, char *text)
{
    size_t len = strlen(text);
    char *line = realloc(text, len + 2);
    must(line != NULL);
    memcpy(line + len, "\n", 2);
    (void)!fwrite(line, 1, len + 1, out);
    fflush(out);
    free(line);
}

void log_event(enum log_level level, const char *event, const struct log_field *fields,
               size_t count)
{
    bool shown = level <= to.level;
    bool filed = to.file != NULL && (shown || level <= LOG_INFO);
    char time[21];
    clock_utc(time);
    if (filed)
        put_line(to.file, json_line(time, level, event, fields, count));
    if (shown && to.json)
        put_line(stderr, json_line(time, level, event, fields, count));
    else if (shown)
        put_line(stderr, text_line(time, level, event, fields, count));
}

enum status log_begin(const char *folder)
{
    char path[PATH_MAX];
    enum status st = file_join(path, sizeof path, folder, "log.jsonl");
    return st == ST_OK ? log_to_file(path) : st;
}

enum status log_end(enum status st)
{
    if (st != ST_OK)
        log_info("failed", LOG_TEXT("code", complaint_row(fault_kept()->what)->code),
                 LOG_TEXT("why", fault_text()));
    enum status closed = log_to_file(NULL);
    return st == ST_OK ? closed : st;
}

bool log_due(uint64_t *times, struct log_thrift *t, uint64_t now_ms)
{
    *times = ++t->held;
    if (now_ms < t->next_ms)
        return false;
    t->next_ms = now_ms + LOG_THRIFT_MS;
    t->held = 0;
    return true;
}
