/*
 * words.h - numbers and sentences as a report on a terminal shows them.
 *
 * Text that came from files (names of sites, tasks and levels) is cleaned on its way out: control
 * characters become '?', so that a column's name cannot command a terminal or turn a line around.
 */
#ifndef EVENHAND_WORDS_H
#define EVENHAND_WORDS_H

#include <stddef.h>
#include <stdio.h>

#define WORDS_FIGURE_MAX 32

/* As text_figure has it: ".893", "-.012"; NAN: "-". */
void words_figure(char out[static WORDS_FIGURE_MAX], double v);
/* The same of a difference: "+.030", "-.012", ".000". */
void words_difference(char out[static WORDS_FIGURE_MAX], double v);
/* "1,061"; NAN: "-". */
void words_count(char out[static WORDS_FIGURE_MAX], double v);
/* "812 B", "12.3 MB". */
void words_bytes(char out[static WORDS_FIGURE_MAX], double v);
/* ".4 s", "41.2 s", "3 min 12 s", "2 h 05 min". */
void words_seconds(char out[static WORDS_FIGURE_MAX], double v);

/* Columns that the text takes (UTF-8 characters). */
size_t words_columns(const char *text);
/* The text, cleaned, then spaces up to `columns`; a longer one is printed whole. */
void words_cell(FILE *to, const char *text, size_t columns);
/* The text, cleaned, broken at spaces into lines of at most `width`, each after `indent` spaces. */
void words_wrap(FILE *to, const char *text, size_t indent, size_t width);
/* The same behind a word that takes the place of the first line's indent: "  FAIL  ". */
void words_hang(FILE *to, const char *before, const char *text, size_t indent, size_t width);

#endif
