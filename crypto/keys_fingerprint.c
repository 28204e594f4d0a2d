#include <sodium.h>
#include <string.h>

#include "crypto/hash.h"
#include "crypto/keys.h"
#include "proto/base/must.h"

#define GROUPS      8
#define GROUP       4 /* letters: three of 5 bits, one to check them */
#define LETTER_NONE 32

static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";

_Static_assert(GROUPS *(GROUP + 1) <= FINGERPRINT_MAX, "groups, dashes, NUL");

/* x * 2 in GF(32), modulo x^5 + x^2 + 1. */
static unsigned twice(unsigned x)
{
    x <<= 1;
    return (x & 32u) != 0 ? x ^ 37u : x;
}

/*
 * The check letter c makes 8*a + 4*b + 2*d + c = group in GF(32): four different factors, so one
 * wrong letter and two exchanged ones are found, and so is a group at another's place.
 */
static unsigned check_of(const unsigned letter[static GROUP - 1], unsigned group)
{
    unsigned sum = 0;
    for (unsigned i = 0; i < GROUP - 1; i++)
        sum = twice(sum ^ letter[i]);
    return sum ^ group;
}

void fingerprint_text(char out[static FINGERPRINT_MAX], const struct public_key *k)
{
    struct digest d = digest_of("evh-fingerprint", k->curve, KEY_BYTES);
    size_t bit = 0;
    char *at = out;
    for (unsigned g = 0; g < GROUPS; g++) {
        unsigned letter[GROUP - 1];
        for (unsigned i = 0; i < GROUP - 1; i++, bit += 5) {
            unsigned two = (unsigned)d.byte[bit / 8] << 8 | d.byte[bit / 8 + 1];
            letter[i] = two >> (11 - bit % 8) & 31u;
            *at++ = alphabet[letter[i]];
        }
        *at++ = alphabet[check_of(letter, g)];
        *at++ = g + 1 < GROUPS ? '-' : '\0';
    }
}

static unsigned letter_of(char c)
{
    static const char upper[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    const char *big = strchr(upper, c);
    if (big != NULL && c != '\0')
        c = (char)('a' + (big - upper));
    c = c == 'o' ? '0' : c == 'i' || c == 'l' ? '1' : c;
    const char *found = c == '\0' ? NULL : strchr(alphabet, c);
    return found == NULL ? LETTER_NONE : (unsigned)(found - alphabet);
}

/* The letters of what was typed, without what parts them; how many there are, one more at most. */
static size_t letters_of(unsigned letter[static GROUPS * GROUP + 1], const char *typed)
{
    size_t count = 0;
    for (const char *c = typed; *c != '\0' && count <= GROUPS * GROUP; c++)
        if (strchr("- \t\r\n", *c) == NULL)
            letter[count++] = letter_of(*c);
    return count;
}

unsigned fingerprint_misread(const char *typed)
{
    unsigned letter[GROUPS * GROUP + 1];
    size_t count = letters_of(letter, typed);
    for (unsigned g = 0; g < GROUPS; g++) {
        const unsigned *group = letter + (size_t)g * GROUP;
        if (count < (size_t)(g + 1) * GROUP)
            return g + 1;
        for (unsigned i = 0; i < GROUP; i++)
            if (group[i] == LETTER_NONE)
                return g + 1;
        if (check_of(group, g) != group[GROUP - 1])
            return g + 1;
    }
    return count > GROUPS * GROUP ? GROUPS + 1 : 0;
}

bool fingerprint_matches(const struct public_key *k, const char *typed)
{
    char ours[FINGERPRINT_MAX];
    unsigned want[GROUPS * GROUP + 1], got[GROUPS * GROUP + 1];
    if (fingerprint_misread(typed) != 0)
        return false;
    fingerprint_text(ours, k);
    must(letters_of(want, ours) == GROUPS * GROUP);
    (void)letters_of(got, typed);
    return sodium_memcmp(want, got, GROUPS * GROUP * sizeof(want[0])) == 0;
}
