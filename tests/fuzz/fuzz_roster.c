/*
 * Any story of a folder of key files, read now and then: numbers stay, a pass is that of one key,
 * and two readings after the last change the first good file of each key has it, nobody else.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/hash.h"
#include "proto/base/log.h"
#include "proto/base/must.h"
#include "proto/wire/roster.h"
#include "tests/support/scratch.h"

#define NAMES     4
#define KEYS      3
#define VERBS_MAX 24
#define PASSES    16 /* versions of a site that a story can reach, at most */

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* What a file may hold; a key of its own name, of another's, or nothing good. */
enum content { KEY_0, KEY_1, KEY_2, OTHERS_NAME, SECRET, CUT, EMPTY, ABSENT };

static const char *const names[NAMES] = {"a", "b", "c-2", "d"};
static const char *const hex[KEYS] = {
    "30df257899ed4495857d3345ecbe21fa492a0a8dbc52ca59f2bd4e181039144b",
    "06ac9ed81e6f8afd0aba26e8b10fab8fe57773db6d6c3c49acd6073cda5c730c",
    "012bf414eec247da18856f5e9fba92dfe9f07b021f8b0de2681483af46bc8733"};
static struct public_key key[KEYS];
static struct scratch folder;

/* What was ever found: whose key a pass is, and which name a number. */
struct memory {
    int key_of[NAMES][PASSES]; /* by site and version; -1: not seen yet */
    char name[NAMES][KEY_NAME_MAX];
    uint32_t sites;
    uint64_t revoked;
};

static void close_folder(void)
{
    scratch_close(&folder);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    crypto_start();
    log_to_stderr(LOG_ERROR, false);
    folder = scratch_open();
    must(atexit(close_folder) == 0);
    for (size_t k = 0; k < KEYS; k++)
        must(public_key_parse(&key[k], hex[k]) == ST_OK);
    return 0;
}

static const char *path_of(char path[static SCRATCH_MAX], size_t name)
{
    char file[16];
    snprintf(file, sizeof file, "%s.pub", names[name]);
    return scratch_file(path, &folder, file);
}

static void put(size_t name, enum content what)
{
    char path[SCRATCH_MAX], line[256] = "";
    if (what == ABSENT) {
        (void)unlink(path_of(path, name));
        return;
    }
    if (what <= KEY_2 || what == CUT)
        snprintf(line, sizeof line, "evenhand-public-key 1 %s %s\n", names[name], hex[what % KEYS]);
    else if (what != EMPTY)
        snprintf(line, sizeof line, "evenhand-%s-key 1 %s %s\n",
                 what == SECRET ? "secret" : "public",
                 what == SECRET ? names[name] : names[(name + 1) % NAMES], hex[0]);
    if (what == CUT)
        line[strlen(line) / 2] = '\0';
    FILE *out = fopen(path_of(path, name), "we");
    must(out != NULL);
    must(fputs(line, out) >= 0);
    must(fclose(out) == 0);
}

static void check(struct memory *seen, const struct roster *r)
{
    uint32_t sites = roster_sites(r);
    must(sites >= seen->sites);
    must(sites <= NAMES);
    must(roster_revoked(r) >= seen->revoked);
    for (uint32_t i = 0; i < sites; i++) {
        char name[KEY_NAME_MAX];
        must(roster_name(name, r, i));
        must(i >= seen->sites || strcmp(name, seen->name[i]) == 0);
        memcpy(seen->name[i], name, sizeof name);
    }
    seen->sites = sites;
    seen->revoked = roster_revoked(r);
    for (int k = 0; k < KEYS; k++) {
        struct pass p;
        if (!roster_find(&p, r, key[k].curve))
            continue;
        must(p.site < sites);
        must(p.version < PASSES);
        must(roster_holds(r, p));
        must(seen->key_of[p.site][p.version] == -1 || seen->key_of[p.site][p.version] == k);
        seen->key_of[p.site][p.version] = k;
    }
    for (uint32_t i = 0; i < sites; i++)
        for (uint32_t v = 0; v < PASSES; v++) {
            struct pass p = {i, v}, found;
            int k = seen->key_of[i][v];
            if (!roster_holds(r, p))
                continue;
            must(k != -1);
            must(roster_find(&found, r, key[k].curve));
            must(found.site == i);
            must(found.version == v);
        }
}

static void check_end(const struct roster *r, const enum content *content)
{
    for (int k = 0; k < KEYS; k++) {
        struct pass p;
        char name[KEY_NAME_MAX];
        size_t first = 0;
        while (first < NAMES && content[first] != (enum content)k)
            first++;
        must(roster_find(&p, r, key[k].curve) == (first < NAMES));
        if (first == NAMES)
            continue;
        must(roster_name(name, r, p.site));
        must(strcmp(name, names[first]) == 0);
    }
}

/* A byte is a reading, or a file (two bits) and what it holds now (three). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct roster *r = NULL;
    struct memory seen = {.sites = 0};
    enum content content[NAMES] = {ABSENT, ABSENT, ABSENT, ABSENT};
    memset(seen.key_of, -1, sizeof seen.key_of);
    must(roster_open(&r, folder.path) == ST_OK);
    for (size_t i = 0; i < len && i < VERBS_MAX; i++) {
        if (data[i] % 64 < 32) {
            content[data[i] % 4] = (enum content)(data[i] / 4 % 8);
            put(data[i] % 4, content[data[i] % 4]);
        } else {
            roster_read(r);
            check(&seen, r);
        }
    }
    for (size_t i = 0; i < 2; i++) {
        roster_read(r);
        check(&seen, r);
    }
    check_end(r, content);
    roster_close(&r);
    for (size_t i = 0; i < NAMES; i++)
        if (content[i] != ABSENT)
            put(i, ABSENT);
    return 0;
}
