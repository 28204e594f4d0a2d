#include "tests/support/kept.h"

#include <dirent.h>

#include "crypto/hash.h"
#include "tests/support/check.h"

const char *const kept_names[KEPT_SITES] = {"basel", "bern", "chur", "genf",   "lugano", "luzern",
                                            "olten", "sion", "thun", "zürich", ""};

struct kept kept_open(void)
{
    struct kept k = {.scratch = scratch_open()};
    crypto_start();
    scratch_file(k.folder, &k.scratch, "run");
    return k;
}

void kept_close(const struct kept *k)
{
    scratch_close(&k->scratch);
}

struct store *kept_store(const struct kept *k)
{
    struct store *s = NULL;
    check_ok(store_open(&s, k->folder));
    return s;
}

struct store *kept_again(const struct kept *k, struct store *s)
{
    store_close(&s);
    return kept_store(k);
}

struct store *kept_legs(const struct kept *k, uint64_t legs)
{
    struct store *s = kept_store(k);
    check_ok(store_put_sites(s, kept_names, KEPT_SITES));
    for (uint64_t leg = 1; leg <= legs; leg++)
        check_ok(kept_keep(s, leg, kept_leg(leg)));
    return s;
}

struct kept_leg *kept_leg(uint64_t leg)
{
    static struct kept_leg l;
    l = (struct kept_leg){.sum = {leg % 2 == 0 ? 64 : 32, KEPT_WORDS, l.word}};
    for (size_t i = 0; i < KEPT_SITES; i++)
        l.counted += l.in_sum[i] = (leg >> (i % 4)) % 2 == 0;
    for (size_t i = 0; i < KEPT_WORDS; i++)
        ring_put(&l.sum, i, (int64_t)(1000 * leg + i));
    return &l;
}

enum status kept_keep(struct store *s, uint64_t leg, const struct kept_leg *l)
{
    return store_keep_sum(s, leg, l->counted, l->in_sum, KEPT_SITES, &l->sum);
}

void kept_check(const struct store *s, uint64_t leg)
{
    const struct kept_leg *l = kept_leg(leg);
    struct ring sum;
    uint32_t counted = 0;
    bool in_sum[KEPT_SITES];
    check_ok(store_read_sum(&sum, &counted, in_sum, s, leg, KEPT_SITES));
    assert_int_equal(counted, l->counted);
    assert_memory_equal(in_sum, l->in_sum, sizeof in_sum);
    assert_int_equal(sum.bits, l->sum.bits);
    assert_int_equal(sum.words, KEPT_WORDS);
    assert_memory_equal(sum.word, l->word, ring_bytes(sum.bits, sum.words));
    free(sum.word);
}

const char *kept_path(char path[static SCRATCH_MAX], const struct kept *k, const char *name)
{
    char below[SCRATCH_MAX];
    snprintf(below, sizeof below, "run/%s", name);
    return scratch_file(path, &k->scratch, below);
}

const char *kept_blob(char path[static SCRATCH_MAX], const struct kept *k, uint64_t leg)
{
    const struct kept_leg *l = kept_leg(leg);
    struct digest d = digest_of("evh-blob", l->word, ring_bytes(l->sum.bits, KEPT_WORDS));
    char name[SCRATCH_MAX] = "blobs/";
    digest_text(name + strlen(name), &d);
    return kept_path(path, k, name);
}

size_t kept_files(const struct kept *k, const char *name)
{
    char path[SCRATCH_MAX];
    size_t count = 0;
    DIR *dir = opendir(kept_path(path, k, name));
    assert_non_null(dir);
    for (struct dirent *e = readdir(dir); e != NULL; e = readdir(dir))
        count += e->d_name[0] != '.' ? 1 : 0;
    closedir(dir);
    return count;
}
