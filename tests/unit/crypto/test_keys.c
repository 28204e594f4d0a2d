#include "crypto/keys.h"

#include <ctype.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/hash.h"
#include "proto/base/file.h"
#include "tests/support/check.h"
#include "tests/support/scratch.h"

/* Made with scripts/golden/keys.py. */
static const struct {
    const char *seed, *secret, *pub, *fingerprint;
} golden[] = {
    {"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
     "05b7824bdbf163717231b55782b6c3ddf1a51de2d6d533db21c81a74273edea1",
     "30df257899ed4495857d3345ecbe21fa492a0a8dbc52ca59f2bd4e181039144b",
     "k2bj-8kwg-rb1q-10eq-q1he-pca5-6y04-mknz"},
    {"0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20",
     "59cebb87af40f962251f45ef1f2f0799bbc79a9534e25ea4b61dea9073f400f7",
     "06ac9ed81e6f8afd0aba26e8b10fab8fe57773db6d6c3c49acd6073cda5c730c",
     "rcxm-2apn-w397-e6qf-redx-ry8w-19q4-chsh"},
    {"c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7",
     "95b565febe33e540ab859a8d81a468eb689c4165d31a7569f0619abea01273f6",
     "012bf414eec247da18856f5e9fba92dfe9f07b021f8b0de2681483af46bc8733",
     "1wzc-vys7-5j0d-ayq5-x6ga-4mgz-453h-7ej6"},
};

static const char letters[] = "0123456789abcdefghjkmnpqrstvwxyz";

static void put(const char *path, const char *text, mode_t mode)
{
    check_ok(file_write(path, text, strlen(text)));
    assert_int_equal(chmod(path, mode), 0);
}

static char *text_of(const char *path)
{
    uint8_t *bytes = NULL;
    size_t len = 0;
    check_ok(file_read(&bytes, &len, path, 4096));
    return (char *)bytes;
}

static void assert_hex(const uint8_t *bytes, const char *want)
{
    char hex[2 * KEY_BYTES + 1];
    for (size_t i = 0; i < KEY_BYTES; i++)
        snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
    assert_string_equal(hex, want);
}

static void pairs_and_fingerprints_agree_with_another_implementation(void **state)
{
    (void)state;
    struct scratch s = scratch_open();
    for (size_t i = 0; i < COUNT(golden); i++) {
        char path[SCRATCH_MAX], line[256], print[FINGERPRINT_MAX];
        snprintf(line, sizeof line, "evenhand-secret-key 1 north %s\n", golden[i].seed);
        put(scratch_file(path, &s, "north.key"), line, 0600);
        struct identity id;
        check_ok(identity_open(&id, path));
        assert_string_equal(id.pub.name, "north");
        assert_hex(id.secret, golden[i].secret);
        assert_hex(id.pub.curve, golden[i].pub);
        fingerprint_text(print, &id.pub);
        assert_string_equal(print, golden[i].fingerprint);
        identity_close(&id);
        assert_null(id.secret);
        identity_close(&id); /* harmless */
    }
    scratch_close(&s);
}

static void a_key_is_made_once_and_kept(void **state)
{
    (void)state;
    struct scratch s = scratch_open();
    char folder[SCRATCH_MAX], path[SCRATCH_MAX];
    scratch_file(folder, &s, "keys/of/site");
    struct identity first, again;
    mode_t before = umask(0); /* nothing helps but our own care */
    check_ok(identity_make(&first, folder, "st-mary.2"));
    umask(before);
    struct stat about;
    assert_int_equal(stat(scratch_file(path, &s, "keys/of/site/st-mary.2.key"), &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
    char *secret = text_of(path);
    assert_int_equal(strncmp(secret, "evenhand-secret-key 1 st-mary.2 ", 32), 0);
    assert_int_equal(strlen(secret), 32 + 64 + 1);

    scratch_file(path, &s, "keys/of/site/st-mary.2.pub");
    char *pub = text_of(path);
    assert_int_equal(unlink(path), 0);
    check_ok(identity_make(&again, folder, "st-mary.2"));
    assert_memory_equal(first.secret, again.secret, KEY_BYTES);
    char *pub_again = text_of(path);
    assert_string_equal(pub, pub_again);
    identity_close(&again);

    put(path, "evenhand-public-key 1 other 00\n", 0644); /* untrue: made anew */
    check_ok(identity_make(&again, folder, "st-mary.2"));
    free(pub_again);
    pub_again = text_of(path);
    assert_string_equal(pub, pub_again);
    struct public_key k;
    check_ok(public_key_open(&k, path));
    assert_true(key_equal(k.curve, first.pub.curve));
    free(pub);
    free(pub_again);
    free(secret);
    identity_close(&first);
    identity_close(&again);
    scratch_close(&s);
}

static void two_keys_are_never_alike(void **state)
{
    (void)state;
    struct scratch s = scratch_open();
    struct identity a, b;
    check_ok(identity_make(&a, s.path, "a"));
    check_ok(identity_make(&b, s.path, "b"));
    assert_false(key_equal(a.pub.curve, b.pub.curve));
    assert_memory_not_equal(a.secret, b.secret, KEY_BYTES);
    identity_close(&a);
    identity_close(&b);
    scratch_close(&s);
}

#define SEED "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static void a_secret_that_cannot_be_trusted_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *what, *line;
        mode_t mode;
        enum complaint want; /* EC_NONE: good */
    } rows[] = {
        {"good", "evenhand-secret-key 1 a " SEED "\n", 0600, EC_NONE},
        {"read-only", "evenhand-secret-key 1 a " SEED "\n", 0400, EC_NONE},
        {"no newline", "evenhand-secret-key 1 a " SEED, 0600, EC_NONE},
        {"the group can read", "evenhand-secret-key 1 a " SEED "\n", 0640, EC_KEY_MODE},
        {"the world can read", "evenhand-secret-key 1 a " SEED "\n", 0604, EC_KEY_MODE},
        {"the world can write", "evenhand-secret-key 1 a " SEED "\n", 0602, EC_KEY_MODE},
        {"a public line", "evenhand-public-key 1 a " SEED "\n", 0600, EC_KEY_FILE},
        {"another version", "evenhand-secret-key 2 a " SEED "\n", 0600, EC_KEY_FILE},
        {"no name", "evenhand-secret-key 1  " SEED "\n", 0600, EC_KEY_FILE},
        {"a name with a slash", "evenhand-secret-key 1 ../a " SEED "\n", 0600, EC_KEY_FILE},
        {"a hidden name", "evenhand-secret-key 1 .a " SEED "\n", 0600, EC_KEY_FILE},
        {"a digit more", "evenhand-secret-key 1 a 0" SEED "\n", 0600, EC_KEY_FILE},
        {"not hex", "evenhand-secret-key 1 a x" SEED "\n", 0600, EC_KEY_FILE},
        {"more behind it", "evenhand-secret-key 1 a " SEED " b\n", 0600, EC_KEY_FILE},
        {"two lines", "evenhand-secret-key 1 a " SEED "\nb\n", 0600, EC_KEY_FILE},
        {"empty", "", 0600, EC_KEY_FILE},
    };
    struct scratch s = scratch_open();
    char path[SCRATCH_MAX];
    scratch_file(path, &s, "a.key");
    for (size_t i = 0; i < COUNT(rows); i++) {
        put(path, rows[i].line, rows[i].mode);
        struct identity id = {0};
        enum status st = identity_open(&id, path);
        enum complaint got = st == ST_OK ? EC_NONE : fault_kept()->what;
        if (got != rows[i].want)
            fail_msg("%s: %s", rows[i].what, complaint_row(got)->code);
        identity_close(&id);
    }
    struct identity id = {0};
    check_fault(identity_open(&id, scratch_file(path, &s, "none.key")), EC_KEY_NONE);
    check_fault(identity_open(&id, s.path), EC_KEY_FILE);
    scratch_close(&s);
}

static void a_secret_in_memory_is_that_of_a_file(void **state)
{
    (void)state;
    struct scratch s = scratch_open();
    char path[SCRATCH_MAX];
    struct identity file = {0}, memory = {0};
    put(scratch_file(path, &s, "a.key"), "evenhand-secret-key 1 a " SEED "\n", 0600);
    check_ok(identity_open(&file, path));
    check_ok(identity_parse(&memory, "evenhand-secret-key 1 a " SEED "\n", "a.key"));
    assert_string_equal(memory.pub.name, "a");
    assert_memory_equal(memory.secret, file.secret, KEY_BYTES);
    assert_memory_equal(memory.pub.curve, file.pub.curve, KEY_BYTES);
    identity_close(&file);
    identity_close(&memory);
    check_fault(identity_parse(&memory, "evenhand-secret-key 1 a " SEED "0\n", "a.key"),
                EC_KEY_FILE);
    assert_string_equal(fault_kept()->where, "a.key");
    assert_null(memory.secret);
    scratch_close(&s);
}

static void a_key_is_not_made_under_a_bad_or_anothers_name(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",         ".",
        "..",       "a/b",
        "a b",      "-a",
        "\xc3\xa9", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
    struct scratch s = scratch_open();
    struct identity id;
    for (size_t i = 0; i < COUNT(bad); i++)
        check_fault(identity_make(&id, s.path, bad[i]), EC_KEY_FILE);
    char path[SCRATCH_MAX];
    put(scratch_file(path, &s, "b.key"), "evenhand-secret-key 1 a " SEED "\n", 0600);
    check_fault(identity_make(&id, s.path, "b"), EC_KEY_FILE);
    put(path, "evenhand-secret-key 1 b " SEED "\n", 0644);
    check_fault(identity_make(&id, s.path, "b"), EC_KEY_MODE);
    scratch_close(&s);
}

#define PUB   "30df257899ed4495857d3345ecbe21fa492a0a8dbc52ca59f2bd4e181039144b"
#define UPPER "30DF257899ED4495857D3345ECBE21FA492A0A8DBC52CA59F2BD4E181039144B"
#define BLANK "          "                                                       /* ten */
#define ALIAS "30df257899ed4495857d3345ecbe21fa492a0a8dbc52ca59f2bd4e18103914cb" /* its top bit */
#define ZERO  "0000000000000000000000000000000000000000000000000000000000000000"
/* A point of order 8 (RFC 7748's security considerations: these have no secret). */
#define PRIME "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f" /* 2^255 - 19 */
#define OVER                                                                                       \
    "f6ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f" /* the 9 of PRIME + 9 */
#define LOW "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"

static void public_keys_are_read_from_files_and_settings(void **state)
{
    (void)state;
    static const struct {
        const char *text, *name; /* NULL: refused */
    } rows[] = {
        {PUB, ""},
        {UPPER, ""},
        {PUB "\n", ""},
        {"evenhand-public-key 1 coord " PUB, "coord"},
        {"evenhand-public-key 1 coord " PUB " \r\n", "coord"}, /* went through a mail program */
        {"evenhand-public-key 1 coord " UPPER "\n", "coord"},
        {"evenhand-public-key 1 coord " PUB "00\n", NULL},
        {"evenhand-secret-key 1 coord " PUB "\n", NULL},
        {PUB "0", NULL},
        {"", NULL},
        {ZERO, NULL},
        {LOW, NULL},
        {ALIAS, NULL},
        {PRIME, NULL},
        {OVER, NULL},
        {PUB BLANK BLANK BLANK BLANK "x", NULL},
        {"evenhand-public-key 1 coord " ZERO, NULL},
        {"evenhand-public-key 1 coord\n" PUB, NULL},
    };
    struct scratch s = scratch_open();
    char path[SCRATCH_MAX];
    scratch_file(path, &s, "c.pub");
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct public_key k[2] = {0};
        put(path, rows[i].text, 0644);
        bool parsed = public_key_parse(&k[0], rows[i].text) == ST_OK;
        bool opened = public_key_open(&k[1], path) == ST_OK;
        if (parsed != (rows[i].name != NULL) || opened != parsed)
            fail_msg("`%s`: %d, %d", rows[i].text, parsed, opened);
        for (size_t j = 0; j < 2 && parsed; j++) {
            assert_string_equal(k[j].name, rows[i].name);
            assert_hex(k[j].curve, PUB);
        }
    }
    struct public_key k;
    put(path, "evenhand-secret-key 1 coord " PUB "\n", 0600);
    check_fault(public_key_open(&k, path), EC_KEY_FILE);
    assert_non_null(strstr(fault_text(), "SECRET"));
    assert_null(strstr(fault_text(), PUB));
    scratch_close(&s);
}

static void any_slip_in_a_fingerprint_is_found(void **state)
{
    (void)state;
    struct public_key k;
    char print[FINGERPRINT_MAX], typed[2 * FINGERPRINT_MAX];
    check_ok(public_key_parse(&k, PUB));
    fingerprint_text(print, &k);
    assert_true(fingerprint_matches(&k, print));
    size_t tried = 0;
    for (size_t at = 0; at < strlen(print); at++) { /* one wrong letter */
        for (const char *c = letters; *c != '\0' && print[at] != '-'; c++) {
            memcpy(typed, print, sizeof print);
            typed[at] = *c;
            bool same = *c == print[at];
            tried += !same;
            assert_int_equal(fingerprint_matches(&k, typed), same);
            assert_int_equal(fingerprint_misread(typed), same ? 0 : at / 5 + 1);
        }
    }
    assert_int_equal(tried, 32 * 31);
    for (size_t a = 0; a < strlen(print);
         a++) /* two letters of a group, or two groups, exchanged */
        for (size_t b = a + 1; b < strlen(print); b++) {
            memcpy(typed, print, sizeof print);
            size_t many = b / 5 == a / 5 || a % 5 != 0 || b % 5 != 0 ? 1 : 4;
            if (print[a] == '-' || print[b] == '-' || (many == 1 && b / 5 != a / 5) ||
                memcmp(print + a, print + b, many) == 0)
                continue;
            memcpy(typed + a, print + b, many);
            memcpy(typed + b, print + a, many);
            tried++;
            assert_int_equal(fingerprint_misread(typed), a / 5 + 1);
        }
    assert_true(tried > 32 * 31 + 28 + 30);
}

static void what_people_type_is_forgiven_its_form(void **state)
{
    (void)state;
    struct public_key k;
    char print[FINGERPRINT_MAX], typed[2 * FINGERPRINT_MAX];
    check_ok(public_key_parse(&k, PUB)); /* k2bj-8kwg-rb1q-10eq-q1he-pca5-6y04-mknz */
    fingerprint_text(print, &k);
    static const struct {
        const char *typed;
        bool match;
        unsigned misread;
    } rows[] = {
        {"K2BJ-8KWG-RB1Q-10EQ-Q1HE-PCA5-6Y04-MKNZ", true, 0},
        {"k2bj8kwgrb1q10eqq1hepca56y04mknz", true, 0},
        {" k2bj 8kwg rbIq lOeq\tqLhe pca5 6yo4 mknz\r\n", true, 0},
        {"k2bj-8kwg-rb1q-10eq-q1he-pca5-6y04", false, 8},
        {"k2bj-8kwg-rb1q-10eq-q1he-pca5-6y04-mkn", false, 8},
        {"k2bj-8kwg-rb1q-10eq-q1he-pca5-6y04-mknz-0", false, 9},
        {"k2bj-8kwg-rbuq-10eq-q1he-pca5-6y04-mknz", false, 3},
        {"", false, 1},
        {"rcxm-2apn-w397-e6qf-redx-ry8w-19q4-chsh", false, 0}, /* of another key */
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (fingerprint_matches(&k, rows[i].typed) != rows[i].match ||
            fingerprint_misread(rows[i].typed) != rows[i].misread)
            fail_msg("`%s`", rows[i].typed);
    }
    for (size_t i = 0; i <= strlen(print); i++)
        typed[i] = (char)toupper(print[i]);
    assert_true(fingerprint_matches(&k, typed));
}

int main(void)
{
    crypto_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_and_fingerprints_agree_with_another_implementation),
        cmocka_unit_test(a_key_is_made_once_and_kept),
        cmocka_unit_test(two_keys_are_never_alike),
        cmocka_unit_test(a_secret_that_cannot_be_trusted_is_refused),
        cmocka_unit_test(a_secret_in_memory_is_that_of_a_file),
        cmocka_unit_test(a_key_is_not_made_under_a_bad_or_anothers_name),
        cmocka_unit_test(public_keys_are_read_from_files_and_settings),
        cmocka_unit_test(any_slip_in_a_fingerprint_is_found),
        cmocka_unit_test(what_people_type_is_forgiven_its_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
