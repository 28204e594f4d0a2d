#include "crypto/hash.h"

#include <sodium.h>
#include <string.h>

#include "proto/base/must.h"

_Static_assert(sizeof(crypto_generichash_blake2b_state) <= sizeof(struct digest_state),
               "opaque holds libsodium's state");
_Static_assert(DIGEST_BYTES <= crypto_generichash_blake2b_BYTES_MAX, "BLAKE2b can be that long");

static crypto_generichash_blake2b_state *inside(struct digest_state *s)
{
    return (crypto_generichash_blake2b_state *)(void *)s->opaque;
}

void crypto_start(void)
{
    must(sodium_init() >= 0);
}

void digest_begin(struct digest_state *s, const char *purpose)
{
    unsigned char personal[crypto_generichash_blake2b_PERSONALBYTES] = {0};
    size_t len = strlen(purpose);
    must(len > 0);
    must(len <= sizeof(personal));

    *s = (struct digest_state){0};
    memcpy(personal, purpose, len);
    must(crypto_generichash_blake2b_init_salt_personal(inside(s), NULL, 0, DIGEST_BYTES, NULL,
                                                       personal) == 0);
}

void digest_add(struct digest_state *s, const void *bytes, size_t len)
{
    must(bytes != NULL || len == 0);
    if (len > 0)
        must(crypto_generichash_blake2b_update(inside(s), bytes, len) == 0);
}

struct digest digest_end(struct digest_state *s)
{
    struct digest d;
    must(crypto_generichash_blake2b_final(inside(s), d.byte, sizeof(d.byte)) == 0);
    sodium_memzero(s, sizeof(*s));
    return d;
}

struct digest digest_of(const char *purpose, const void *bytes, size_t len)
{
    struct digest_state s;
    digest_begin(&s, purpose);
    digest_add(&s, bytes, len);
    return digest_end(&s);
}

int digest_equal(const struct digest *a, const struct digest *b)
{
    return sodium_memcmp(a->byte, b->byte, DIGEST_BYTES) == 0;
}

void digest_text(char out[static DIGEST_TEXT], const struct digest *d)
{
    sodium_bin2hex(out, DIGEST_TEXT, d->byte, DIGEST_BYTES);
}

uint64_t digest_u64(const struct digest *d)
{
    uint64_t v = 0;
    for (size_t i = 0; i < sizeof(v); i++)
        v |= (uint64_t)d->byte[i] << (8 * i);
    return v;
}
