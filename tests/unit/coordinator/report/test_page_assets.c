#include "tests/support/check.h"

#include <sodium.h>

#include "tests/support/markup.h"
#include "tests/support/sample.h"

/* What stands between <element> and its end, from at on; the element has no attributes. */
static const char *element_of(const char *at, const char *element, size_t *len)
{
    char mark[32];
    snprintf(mark, sizeof(mark), "<%s>", element);
    const char *from = strstr(at, mark);
    assert_non_null(from);
    from += strlen(mark);
    snprintf(mark, sizeof(mark), "</%s>", element);
    const char *end = strstr(from, mark);
    assert_non_null(end);
    *len = (size_t)(end - from);
    return from;
}

/* Puts the element's digest behind what the policy's text already holds; returns its end. */
static const char *add_digest(char *policy, size_t cap, const char *before, const char *at,
                              const char *element)
{
    size_t len = 0, used = strlen(policy);
    const char *from = element_of(at, element, &len);
    unsigned char digest[crypto_hash_sha256_BYTES];
    char text[64];
    crypto_hash_sha256(digest, (const unsigned char *)from, len);
    sodium_bin2base64(text, sizeof(text), digest, sizeof(digest), sodium_base64_VARIANT_ORIGINAL);
    snprintf(policy + used, cap - used, "%s'sha256-%s'", before, text);
    return from + len;
}

static void the_policy_names_the_digests_of_style_and_scripts(void **state)
{
    (void)state;
    struct report r = sample_report(4, false);
    char *page = sample_html(&r);
    char policy[1024] =
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src ";
    const char *style = strstr(page, "<style>");
    add_digest(policy, sizeof(policy), "", page, "style");
    const char *at = add_digest(policy, sizeof(policy), "; script-src ", page, "script");
    add_digest(policy, sizeof(policy), " ", at, "script");
    size_t used = strlen(policy);
    snprintf(policy + used, sizeof(policy) - used, "; base-uri 'none'; form-action 'none'\">");
    const char *said = strstr(page, policy);
    if (said == NULL)
        fail_msg("the page does not say `%s`", policy);
    assert_true(said < style);
    free(page);
    report_close(&r);
}

/* What runs is what the policy names; all other scripts are data. */
static void two_scripts_run_and_the_rest_are_data(void **state)
{
    (void)state;
    struct report r = sample_report(4, false);
    char *page = sample_html(&r), tag[MARKUP_TAG_MAX] = "";
    size_t run = 0, data = 0;
    for (const char *at = page; (at = markup_next(tag, at)) != NULL;) {
        run += strcmp(tag, "script") == 0 ? 1 : 0;
        data += strcmp(tag, "script type=\"application/json\"") == 0 ? 1 : 0;
    }
    assert_int_equal(run, 2);
    assert_int_equal(data, 1);
    size_t scripts = 0;
    for (const char *at = page; (at = strstr(at, "<script")) != NULL; at++)
        scripts++;
    assert_int_equal(scripts, 3);
    free(page);
    report_close(&r);
}

/* The licence asks for its notice wherever the library goes. */
static void the_library_comes_with_its_licence(void **state)
{
    (void)state;
    struct report r = sample_report(1, false);
    char *page = sample_html(&r), *seen = markup_without_scripts(page);
    assert_non_null(strstr(seen, "Chart.js Contributors"));
    assert_non_null(strstr(seen, "Permission is hereby granted, free of charge"));
    assert_non_null(strstr(seen, "THE SOFTWARE IS PROVIDED"));
    free(seen);
    free(page);
    report_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_policy_names_the_digests_of_style_and_scripts),
        cmocka_unit_test(two_scripts_run_and_the_rest_are_data),
        cmocka_unit_test(the_library_comes_with_its_licence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
