/* One value: from its written form to checked elements, and back to the normal form. */
#include "proto/base/settings_inside.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/arena.h"
#include "proto/base/must.h"
#include "proto/base/text.h"

#define SHOWN_MAX 60 /* characters of a refused value in a message */

bool setting_is_list(enum setting_type type)
{
    return type == SET_LIST_INT || type == SET_LIST_REAL || type == SET_LIST_TEXT;
}

bool setting_has_range(const struct setting *row)
{
    return row->lo < row->hi || row->hi < row->lo;
}

static const char *wanted(enum setting_type type)
{
    static const char *const names[] = {
        [SET_BOOL] = "true or false",
        [SET_INT] = "an integer",
        [SET_REAL] = "a number",
        [SET_TEXT] = "a text",
        [SET_LIST_INT] = "a list of integers",
        [SET_LIST_REAL] = "a list of numbers",
        [SET_LIST_TEXT] = "a list of texts",
    };
    must((size_t)type < COUNT(names));
    return names[type];
}

static enum status wrong_type(const struct value *v, const char *written, const char *origin)
{
    return fault(EC_CFG_TYPE, origin, "key `%s` wants %s, `%.*s` was given", v->key,
                 wanted(v->row->type), SHOWN_MAX, written);
}

static const char *past_digits(const char *c)
{
    while (isdigit((unsigned char)*c))
        c++;
    return c;
}

static const char *past_sign(const char *c)
{
    return *c == '-' || *c == '+' ? c + 1 : c;
}

/* [+-] digits [L]: the C library would also take spaces, and stop where it likes. */
static bool is_integer(const char *text)
{
    const char *first = past_sign(text), *last = past_digits(first);
    bool suffix = *last == 'L';
    return last > first && last[suffix] == '\0';
}

/* [+-] digits [. digits] [e [+-] digits], with a digit on at least one side of the point. */
static bool is_real(const char *text)
{
    const char *first = past_sign(text), *c = past_digits(first);
    size_t digits = (size_t)(c - first);
    if (*c == '.') {
        const char *fraction = c + 1;
        c = past_digits(fraction);
        digits += (size_t)(c - fraction);
    }
    if (digits == 0)
        return false;
    if (*c == 'e' || *c == 'E') {
        const char *power = past_sign(c + 1);
        c = past_digits(power);
        if (c == power)
            return false;
    }
    return *c == '\0';
}

static enum status in_range(const struct value *v, double number, const char *word,
                            const char *origin)
{
    const struct setting *row = v->row;
    if (!isfinite(number))
        return fault(EC_CFG_RANGE, origin, "key `%s`: %.*s is larger than any number we have",
                     v->key, SHOWN_MAX, word);
    if (!setting_has_range(row) || (number >= row->lo && number <= row->hi))
        return ST_OK;
    char lo[TEXT_REAL_MAX], hi[TEXT_REAL_MAX];
    text_real(lo, row->lo);
    text_real(hi, row->hi);
    return fault(EC_CFG_RANGE, origin, "key `%s` is %.*s, outside %s to %s%s%s", v->key, SHOWN_MAX,
                 word, lo, hi, row->unit[0] == '\0' ? "" : " ", row->unit);
}

static enum status read_integer(struct element *e, const struct value *v, const char *word,
                                const char *origin)
{
    if (!is_integer(word))
        return wrong_type(v, word, origin);
    errno = 0;
    long long number = strtoll(word, NULL, 10);
    if (errno == ERANGE)
        return fault(EC_CFG_INTEGER, origin, "key `%s`: %.*s does not fit 64 bits", v->key,
                     SHOWN_MAX, word);
    e->integer = number;
    e->real = (double)number;
    return in_range(v, e->real, word, origin);
}

static enum status read_real(struct element *e, const struct value *v, const char *word,
                             const char *origin)
{
    if (!is_integer(word) && !is_real(word))
        return wrong_type(v, word, origin);
    e->real = strtod(word, NULL) + 0.0; /* -0 becomes 0: one number, one normal form */
    return in_range(v, e->real, word, origin);
}

static enum status read_bool(struct element *e, const struct value *v, const char *word,
                             const char *origin)
{
    e->integer = strcmp(word, "true") == 0;
    if (e->integer == 0 && strcmp(word, "false") != 0)
        return wrong_type(v, word, origin);
    return ST_OK;
}

/* The character of the escape behind a backslash, *at moved past it; 0 when there is no such. */
static char escaped(const char **at)
{
    char letter = *(*at)++;
    if (letter == '"' || letter == '\\')
        return letter;
    if (letter == 'n')
        return '\n';
    char digits[5] = "";
    if (letter != 'u' || strspn(*at, "0123456789abcdef") < 4)
        return '\0';
    memcpy(digits, *at, 4);
    *at += 4;
    unsigned long code = strtoul(digits, NULL, 16);
    return code < 0x80 ? (char)code : '\0';
}

/* Undoes the quotes that text_quoted makes, in place. */
static bool unquoted(char *word)
{
    if (word[0] != '"')
        return true;
    char *to = word;
    const char *c = word + 1;
    while (*c != '"' && *c != '\0') {
        char next = *c++;
        if (next == '\\')
            next = escaped(&c);
        if (next == '\0')
            return false;
        *to++ = next;
    }
    bool closed = c[0] == '"' && c[1] == '\0';
    *to = '\0';
    return closed;
}

static bool is_choice(const char *choices, const char *word)
{
    size_t len = strlen(word);
    for (const char *c = choices;; c++) {
        size_t choice_len = strcspn(c, "|");
        if (choice_len == len && memcmp(c, word, len) == 0)
            return true;
        c += choice_len;
        if (*c == '\0')
            return false;
    }
}

static enum status read_text(struct element *e, const struct value *v, const char *word,
                             const char *origin)
{
    e->text = strdup(word);
    must(e->text != NULL);
    if (!unquoted(e->text))
        return wrong_type(v, word, origin);
    if (v->row->choices != NULL && !is_choice(v->row->choices, e->text))
        return fault(EC_CFG_CHOICE, origin, "key `%s` is `%.*s`; one of %s is wanted", v->key,
                     SHOWN_MAX, e->text, v->row->choices);
    return ST_OK;
}

static enum status read_element(struct value *v, const char *word, const char *origin)
{
    if (v->count == SETTINGS_LIST_MAX)
        return fault(EC_CFG_RANGE, origin, "key `%s` has more than %d elements", v->key,
                     SETTINGS_LIST_MAX);
    struct element *e = &v->elements[v->count++];
    switch (v->row->type) {
    case SET_BOOL:
        return read_bool(e, v, word, origin);
    case SET_INT:
    case SET_LIST_INT:
        return read_integer(e, v, word, origin);
    case SET_REAL:
    case SET_LIST_REAL:
        return read_real(e, v, word, origin);
    case SET_TEXT:
    case SET_LIST_TEXT:
        return read_text(e, v, word, origin);
    }
    must_fail("a type of settings.h", __FILE__, __LINE__);
}

/* Cuts spaces off both ends, in place. */
static char *trimmed(char *text)
{
    while (isspace((unsigned char)*text))
        text++;
    size_t len = strlen(text);
    while (len > 0 && isspace((unsigned char)text[len - 1]))
        text[--len] = '\0';
    return text;
}

/* Where the element at `text` ends: a comma outside quotes, or the end. */
static char *element_end(char *text)
{
    bool quoted = false;
    for (; *text != '\0'; text++) {
        if (quoted && *text == '\\' && text[1] != '\0')
            text++;
        else if (*text == '"')
            quoted = !quoted;
        else if (*text == ',' && !quoted)
            return text;
    }
    return text;
}

/* A list in [] or (), or a single element without them; empty means no element. */
static enum status read_list(struct value *v, char *text, const char *origin)
{
    size_t len = strlen(text);
    char open = text[0], close = open == '[' ? ']' : ')';
    if (open != '[' && open != '(')
        return len == 0 ? ST_OK : read_element(v, text, origin);
    if (len < 2 || text[len - 1] != close)
        return wrong_type(v, text, origin);
    text[len - 1] = '\0';
    char *at = trimmed(text + 1);
    if (*at == '\0')
        return ST_OK;
    for (;;) {
        char *end = element_end(at);
        bool last = *end == '\0';
        *end = '\0';
        char *word = trimmed(at);
        if (*word == '\0')
            return fault(EC_CFG_TYPE, origin, "key `%s` wants %s, one element is empty", v->key,
                         wanted(v->row->type));
        enum status st = read_element(v, word, origin);
        if (st != ST_OK || last)
            return st;
        at = end + 1;
    }
}

enum status value_read(struct value *v, const char *written, const char *origin)
{
    must(v->elements == NULL);
    bool list = setting_is_list(v->row->type);
    char *copy = strdup(written);
    must(copy != NULL);
    char *text = trimmed(copy);
    v->elements = must_alloc(list ? SETTINGS_LIST_MAX : 1, sizeof(*v->elements));
    enum status st = ST_OK;
    if (list)
        st = read_list(v, text, origin);
    else if (text[0] == '[' || text[0] == '(' || text[0] == '{')
        st = wrong_type(v, text, origin);
    else
        st = read_element(v, text, origin);
    if (st != ST_OK)
        value_clear(v);
    free(copy);
    return st;
}

void value_clear(struct value *v)
{
    for (size_t i = 0; i < v->count; i++)
        free(v->elements[i].text);
    free(v->elements);
    free(v->origin);
    v->elements = NULL;
    v->origin = NULL;
    v->count = 0;
}

bool value_same(const struct value *a, const struct value *b)
{
    bool texts = a->row->type == SET_TEXT || a->row->type == SET_LIST_TEXT;
    must(a->row == b->row);
    bool same = a->count == b->count;
    for (size_t i = 0; same && i < a->count; i++) {
        const struct element *e = &a->elements[i], *f = &b->elements[i];
        same =
            texts ? strcmp(e->text, f->text) == 0 : e->real == f->real && e->integer == f->integer;
    }
    return same;
}

static void print_element(FILE *out, const struct value *v, const struct element *e)
{
    char digits[TEXT_REAL_MAX];
    switch (v->row->type) {
    case SET_BOOL:
        fputs(e->integer != 0 ? "true" : "false", out);
        break;
    case SET_INT:
    case SET_LIST_INT:
        fprintf(out, "%lld", (long long)e->integer);
        break;
    case SET_REAL:
    case SET_LIST_REAL:
        text_real(digits, e->real);
        fputs(digits, out);
        break;
    case SET_TEXT:
    case SET_LIST_TEXT:
        text_quoted(out, e->text);
        break;
    }
}

void value_print(FILE *out, const struct value *v)
{
    bool list = setting_is_list(v->row->type);
    fputs(list ? "[" : "", out);
    for (size_t i = 0; i < v->count; i++) {
        fputs(i == 0 ? "" : ",", out);
        print_element(out, v, &v->elements[i]);
    }
    fputs(list ? "]" : "", out);
}
