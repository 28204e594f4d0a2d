#include "tests/support/markup.h"

#include <stdbool.h>
#include <stdio.h>

#include "tests/support/check.h"

#define DEPTH_MAX 32

static bool is_named(const char *tag, const char *name)
{
    size_t len = strlen(name);
    return strncmp(tag, name, len) == 0 && (tag[len] == '\0' || tag[len] == ' ');
}

const char *markup_next(char tag[static MARKUP_TAG_MAX], const char *at)
{
    at = is_named(tag, "script") ? strstr(at, "</script") : strchr(at, '<');
    if (at == NULL)
        return NULL;
    size_t len = 0;
    bool quoted = false;
    for (at++; *at != '\0' && (quoted || *at != '>'); at++) {
        quoted = *at == '"' ? !quoted : quoted;
        if (!quoted && *at == '<')
            fail_msg("a bracket within a tag: %.80s", at);
        assert_true(len + 1 < MARKUP_TAG_MAX);
        tag[len++] = *at;
    }
    tag[len] = '\0';
    assert_int_equal(*at, '>');
    return at + 1;
}

/* Has it no end of its own? */
static bool is_void(const char *tag)
{
    return tag[0] == '!' || tag[strlen(tag) - 1] == '/' || is_named(tag, "meta") ||
           is_named(tag, "input") || is_named(tag, "wbr");
}

size_t markup_balance(const char *page)
{
    char open[DEPTH_MAX][32], tag[MARKUP_TAG_MAX] = "";
    size_t depth = 0, count = 0;
    for (const char *at = page; (at = markup_next(tag, at)) != NULL;) {
        if (tag[0] == '/') {
            if (depth == 0 || strcmp(open[depth - 1], tag + 1) != 0)
                fail_msg("</%s> closes <%s>", tag + 1, depth == 0 ? "" : open[depth - 1]);
            depth--;
        } else if (!is_void(tag)) {
            assert_true(depth < DEPTH_MAX);
            snprintf(open[depth], sizeof(open[depth]), "%.*s", (int)strcspn(tag, " "), tag);
            depth++;
            count++;
        }
    }
    if (depth > 0)
        fail_msg("<%s> is not closed", open[depth - 1]);
    return count;
}

char *markup_bones(const char *page)
{
    char tag[MARKUP_TAG_MAX] = "", *bones = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&bones, &len);
    assert_non_null(to);
    for (const char *at = page; (at = markup_next(tag, at)) != NULL;)
        if (strcmp(tag, "wbr") != 0)
            fprintf(to, "%s\n", tag);
    assert_int_equal(fclose(to), 0);
    return bones;
}

char *markup_without_scripts(const char *page)
{
    char *kept = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&kept, &len);
    assert_non_null(to);
    for (const char *at = page;;) {
        const char *script = strstr(at, "<script");
        if (script == NULL) {
            fputs(at, to);
            break;
        }
        const char *body = strchr(script, '>');
        assert_non_null(body);
        fwrite(at, 1, (size_t)(body + 1 - at), to);
        at = strstr(body, "</script");
        assert_non_null(at);
    }
    assert_int_equal(fclose(to), 0);
    return kept;
}
