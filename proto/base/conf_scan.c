#include "proto/base/conf_scan.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOKEN_SHOWN_MAX 40

struct scan {
    const char *at;
    const char *name;
    unsigned line;
    unsigned depth;
};

static void where_of(char out[static 256], const struct scan *sc, unsigned line)
{
    snprintf(out, 256, "%s:%u", sc->name, line);
}

static void step(struct scan *sc)
{
    if (*sc->at == '\n')
        sc->line++;
    sc->at++;
}

static void past_line(struct scan *sc)
{
    while (*sc->at != '\0' && *sc->at != '\n')
        step(sc);
}

static enum status unclosed(const struct scan *sc, unsigned line, const char *what)
{
    char where[256];
    where_of(where, sc, line);
    return fault(EC_CFG_SYNTAX, where, "the %s that begins here does not end", what);
}

static enum status past_comment(struct scan *sc)
{
    unsigned begun = sc->line;
    for (sc->at += 2; *sc->at != '\0'; step(sc)) {
        if (sc->at[0] == '*' && sc->at[1] == '/') {
            sc->at += 2;
            return ST_OK;
        }
    }
    return unclosed(sc, begun, "comment");
}

static enum status past_text(struct scan *sc)
{
    unsigned begun = sc->line;
    for (sc->at++; *sc->at != '\0'; step(sc)) {
        if (*sc->at == '"') {
            sc->at++;
            return ST_OK;
        }
        if (*sc->at == '\\' && sc->at[1] != '\0')
            step(sc);
    }
    return unclosed(sc, begun, "text");
}

/* A name may hold digits; they are no number of their own. */
static void past_name(struct scan *sc)
{
    while (isalnum((unsigned char)*sc->at) || (*sc->at != '\0' && strchr("-_*", *sc->at) != NULL))
        sc->at++;
}

static bool is_hex(const char *digits)
{
    return digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X');
}

/* Does the integer at `token` mean what libconfig will read? Reals end in something else. */
static bool fits(const char *token, const char *end)
{
    bool wide = end > token && end[-1] == 'L';
    bool negative = token[0] == '-';
    const char *digits = token + (token[0] == '-' || token[0] == '+' ? 1 : 0);
    char *stop = NULL;
    uintmax_t size = strtoumax(digits, &stop, is_hex(digits) ? 16 : 10);
    while (stop < end && *stop == 'L')
        stop++;
    if (stop != end)
        return true;
    uintmax_t most = wide ? (uintmax_t)INT64_MAX : (uintmax_t)INT32_MAX;
    return size <= most + (negative ? 1 : 0);
}

static const char *end_of_number(const char *at)
{
    at += *at == '-' || *at == '+' ? 1 : 0;
    for (; isalnum((unsigned char)*at) || *at == '.'; at++)
        if ((*at == 'e' || *at == 'E') && (at[1] == '-' || at[1] == '+'))
            at++;
    return at;
}

static enum status past_number(struct scan *sc)
{
    const char *token = sc->at, *end = end_of_number(token);
    sc->at = end;
    char where[256];
    where_of(where, sc, sc->line);
    if (strcspn(token, "0123456789") >= (size_t)(end - token))
        return fault(EC_CFG_SYNTAX, where, "a number without a digit");
    if (fits(token, end))
        return ST_OK;
    bool wide = end[-1] == 'L';
    int shown = end - token > TOKEN_SHOWN_MAX ? TOKEN_SHOWN_MAX : (int)(end - token);
    return fault(EC_CFG_INTEGER, where, "%.*s does not fit %d bits%s", shown, token, wide ? 64 : 32,
                 wide ? "" : "; with an L behind it, it may take 64");
}

static enum status past_bracket(struct scan *sc)
{
    bool opens = strchr("([{", *sc->at) != NULL;
    sc->at++;
    if (!opens) {
        sc->depth -= sc->depth > 0 ? 1 : 0;
        return ST_OK;
    }
    sc->depth++;
    if (sc->depth <= CONF_DEPTH_MAX)
        return ST_OK;
    char where[256];
    where_of(where, sc, sc->line);
    return fault(EC_CFG_SYNTAX, where, "groups and lists are nested deeper than %d",
                 CONF_DEPTH_MAX);
}

static enum status past_token(struct scan *sc)
{
    const char *c = sc->at;
    if (c[0] == '"')
        return past_text(sc);
    if (c[0] == '/' && c[1] == '*')
        return past_comment(sc);
    if (strchr("()[]{}", c[0]) != NULL)
        return past_bracket(sc);
    if (isdigit((unsigned char)c[0]) || strchr("+-.", c[0]) != NULL)
        return past_number(sc);
    if (c[0] == '@') {
        char where[256];
        where_of(where, sc, sc->line);
        return fault(EC_CFG_SYNTAX, where, "@include is not taken: a file says all it means");
    }
    if (c[0] == '#' || (c[0] == '/' && c[1] == '/'))
        past_line(sc);
    else if (isalpha((unsigned char)c[0]) || c[0] == '*')
        past_name(sc);
    else
        step(sc);
    return ST_OK;
}

enum status conf_scan(const char *text, const char *name)
{
    struct scan sc = {.at = text, .name = name, .line = 1};
    while (*sc.at != '\0') {
        enum status st = past_token(&sc);
        if (st != ST_OK)
            return st;
    }
    return ST_OK;
}
