/*
 * text.h - numbers, words and bytes as text.
 */
#ifndef EVENHAND_TEXT_H
#define EVENHAND_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define TEXT_REAL_MAX   32 /* bytes of a printed number, its NUL included */
#define TEXT_FIGURE_MAX 16

/* The shortest decimal form that reads back as exactly v: "0.1", "20", "5e-05". v is finite. */
void text_real(char out[static TEXT_REAL_MAX], double v);
/* Adds to a text of at most cap - 1 bytes, which is cut where it would grow too long. */
void text_add(char *out, size_t cap, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* For people, three places, without the zero before the point: ".893", "-.012", "1.000"; never
 * "-.000". Not finite: "-". */
void text_figure(char out[static TEXT_FIGURE_MAX], double v);
/* The same for a probability that decides, which may be tiny: ".500", ".0042", "1.7e-05". */
void text_threshold(char out[static TEXT_FIGURE_MAX], double v);
/* In double quotes as JSON has it: quotes, backslashes and control characters escaped. */
void text_quoted(FILE *out, const char *word);
/*
 * Bytes of the control character that starts here, 0 when none does: C0, DEL, C1, and what breaks
 * lines or changes the direction of writing (U+2028 to 202E, U+2066 to 2069), in UTF-8.
 */
size_t text_control(const char *at);
/* As it is, but with '?' for a control character (text_control) and for a letter that was cut. For
 * words that came from a file or from another party. */
void text_clean(FILE *out, const char *text, size_t len);
/* How many letters must be added, dropped or changed to make b of a. */
size_t text_distance(const char *a, const char *b);
/* Is a word at this distance from what was written close enough to be worth proposing? */
#define text_near(distance, written_len) ((distance) <= 2 + (written_len) / 4)

/* Two lower-case hexadecimal digits a byte. malloc, yours. */
char *text_hex(const uint8_t *bytes, size_t len);
/* And back (malloc, yours); false, and nothing to free, when hex is none of text_hex. */
bool text_unhex(uint8_t **bytes, size_t *len, const char *hex);

#endif
