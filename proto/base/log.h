/*
 * log.h - words for people on stderr, and one JSON object a line in a file.
 *
 * A log line is a level, a short event name and a list of fields; a field is
 * a number or a short text, so weights, rows and keys have no way in.
 */
#ifndef EVENHAND_LOG_H
#define EVENHAND_LOG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "proto/base/status.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

struct log_field {
    const char *key;
    const char *text; /* NULL: number */
    double number;
};

#define LOG_TEXT(k, v) ((struct log_field){.key = (k), .text = (v)})
#define LOG_NUM(k, v)  ((struct log_field){.key = (k), .number = (double)(v)})

/* To people: level and form ("text" or "json") of stderr. Default LOG_INFO, text. */
void log_to_stderr(enum log_level level, bool json);
/* To a file as well, JSON lines, appended. NULL stops. */
MUST_CHECK enum status log_to_file(const char *path);
/* A run's own log, log.jsonl in its folder: from the first of its events to how it ended. log_end
 * gives st back, or what closing the file complains of. */
MUST_CHECK enum status log_begin(const char *folder);
MUST_CHECK enum status log_end(enum status st);
void log_event(enum log_level level, const char *event, const struct log_field *fields,
               size_t count);
#define log_info(event, ...)                                                                       \
    log_event(LOG_INFO, event, (const struct log_field[]){__VA_ARGS__},                            \
              COUNT(((const struct log_field[]){__VA_ARGS__})))
#define log_warn(event, ...)                                                                       \
    log_event(LOG_WARN, event, (const struct log_field[]){__VA_ARGS__},                            \
              COUNT(((const struct log_field[]){__VA_ARGS__})))

/*
 * Lines that somebody else can cause as often as they like: of each kind and party one in
 * LOG_THRIFT_MS, or they would fill the disk. All zero: nothing was said yet.
 */
#define LOG_THRIFT_MS 1000
struct log_thrift {
    uint64_t next_ms;
    uint64_t held; /* lines not said since the last one */
};
/* May it be said now? Then *times is for how many it stands. */
bool log_due(uint64_t *times, struct log_thrift *t, uint64_t now_ms);

#endif
