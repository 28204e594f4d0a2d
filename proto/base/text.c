#include "proto/base/text.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/arena.h"
#include "proto/base/must.h"

#define WORD_MAX 256 /* longer words are never a near match of anything we print */

void text_real(char out[static TEXT_REAL_MAX], double v)
{
    must(isfinite(v));
    int digits = 14;
    do {
        digits++;
        snprintf(out, TEXT_REAL_MAX, "%.*g", digits, v);
    } while (strtod(out, NULL) != v && digits < 17); /* 17 name every double */
}

void text_add(char *out, size_t cap, const char *fmt, ...)
{
    size_t at = strlen(out);
    va_list args;
    va_start(args, fmt);
    vsnprintf(out + at, cap - at, fmt, args);
    va_end(args);
}

void text_figure(char out[static TEXT_FIGURE_MAX], double v)
{
    if (!isfinite(v)) {
        snprintf(out, TEXT_FIGURE_MAX, "-");
        return;
    }
    if (fabs(v) >= 1e6) {
        snprintf(out, TEXT_FIGURE_MAX, "%.3g", v);
        return;
    }
    char digits[14];
    snprintf(digits, sizeof(digits), "%.3f", fabs(v));
    bool negative = v < 0 && strcmp(digits, "0.000") != 0;
    snprintf(out, TEXT_FIGURE_MAX, "%s%s", negative ? "-" : "",
             digits[0] == '0' ? digits + 1 : digits);
}

void text_threshold(char out[static TEXT_FIGURE_MAX], double v)
{
    char digits[16];
    if (!(v > 0 && v < .01)) {
        text_figure(out, v);
        return;
    }
    snprintf(digits, sizeof(digits), "%.2g", v); /* 0.00xx down to 1e-4, then with an exponent */
    snprintf(out, TEXT_FIGURE_MAX, "%s", strncmp(digits, "0.", 2) == 0 ? digits + 1 : digits);
}

void text_quoted(FILE *out, const char *word)
{
    fputc('"', out);
    for (const char *c = word; *c != '\0'; c++) {
        if (*c == '"' || *c == '\\')
            fprintf(out, "\\%c", *c);
        else if (*c == '\n')
            fputs("\\n", out);
        else if ((unsigned char)*c < ' ' || *c == 0x7f)
            fprintf(out, "\\u%04x", (unsigned)(unsigned char)*c);
        else
            fputc(*c, out);
    }
    fputc('"', out);
}

size_t text_control(const char *at)
{
    unsigned char c = (unsigned char)at[0];
    if (c == '\0')
        return 0;
    if (c < 0x20 || c == 0x7F)
        return 1;
    unsigned char next = (unsigned char)at[1];
    if (c == 0xC2 && next >= 0x80 && next < 0xA0)
        return 2;
    if (c != 0xE2 || next == '\0')
        return 0;
    unsigned char last = (unsigned char)at[2];
    bool turns = (next == 0x80 && last >= 0xA8 && last <= 0xAE) ||
                 (next == 0x81 && last >= 0xA6 && last <= 0xA9);
    return turns ? 3 : 0;
}

/* Is this a byte within a UTF-8 character, not its first? */
static bool continues(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80;
}

/* Bytes of a UTF-8 character that begins so; 0: none does. */
static size_t character_bytes(char first)
{
    unsigned char c = (unsigned char)first;
    return c < 0x80 ? 1 : c < 0xC0 ? 0 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
}

void text_clean(FILE *out, const char *text, size_t len)
{
    for (size_t at = 0, bytes; at < len; at += bytes) {
        bytes = 1;
        while (at + bytes < len && continues(text[at + bytes]))
            bytes++;
        if (bytes != character_bytes(text[at]) || text_control(text + at) > 0)
            fputc('?', out);
        else
            fwrite(text + at, 1, bytes, out);
    }
}

static size_t least(size_t a, size_t b, size_t c)
{
    size_t ab = a < b ? a : b;
    return ab < c ? ab : c;
}

/* Levenshtein, one row of the table at a time. */
size_t text_distance(const char *a, const char *b)
{
    size_t a_len = strlen(a), b_len = strlen(b);
    if (a_len >= WORD_MAX || b_len >= WORD_MAX)
        return WORD_MAX;
    size_t row[WORD_MAX];
    for (size_t j = 0; j <= b_len; j++)
        row[j] = j;
    for (size_t i = 0; i < a_len; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < b_len; j++) {
            size_t above = row[j + 1];
            size_t change = diagonal + (a[i] == b[j] ? 0 : 1);
            row[j + 1] = least(above + 1, row[j] + 1, change);
            diagonal = above;
        }
    }
    return row[b_len];
}

static const char hex_digits[] = "0123456789abcdef";

char *text_hex(const uint8_t *bytes, size_t len)
{
    char *hex = must_alloc(len + 1, 2);
    for (size_t i = 0; i < len; i++) {
        hex[2 * i] = hex_digits[bytes[i] >> 4];
        hex[2 * i + 1] = hex_digits[bytes[i] & 15];
    }
    return hex;
}

bool text_unhex(uint8_t **bytes, size_t *len, const char *hex)
{
    *len = strlen(hex) / 2;
    *bytes = NULL;
    if (strlen(hex) % 2 != 0 || hex[strspn(hex, hex_digits)] != '\0')
        return false;
    *bytes = must_alloc(*len + 1, 1);
    for (size_t i = 0; i < 2 * *len; i++) {
        size_t digit = (size_t)(strchr(hex_digits, hex[i]) - hex_digits);
        (*bytes)[i / 2] = (uint8_t)((size_t)(*bytes)[i / 2] << 4 | digit);
    }
    return true;
}
