#!/usr/bin/env python3
"""The vectors of tests/unit/crypto/test_keys.c, made without our C.

From a seed: BLAKE2b-256 of purpose "evh-curve", SHA-512 of that, its first 32 bytes as the X25519
secret (what crypto_box_seed_keypair does), the point by a ladder of its own; then the fingerprint:
BLAKE2b-256 of purpose "evh-fingerprint", 8 groups of 15 bits, each with a check letter in GF(32).
"""
import hashlib

P = 2**255 - 19
LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"


def blake(purpose, data):
    return hashlib.blake2b(data, digest_size=32, person=purpose.ljust(16, b"\0")).digest()


def ladder(secret, u=9):
    k = int.from_bytes(secret, "little") & ~7 & ((1 << 255) - 1) | 1 << 254
    x1, x2, z2, x3, z3, swap = u, 1, 0, u, 1, 0
    for t in reversed(range(255)):
        bit = k >> t & 1
        if swap ^ bit:
            x2, x3, z2, z3 = x3, x2, z3, z2
        swap = bit
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        aa, bb, da, cb = a * a, b * b, d * a, c * b
        x3, z3 = (da + cb) ** 2 % P, x1 * (da - cb) ** 2 % P
        e = aa - bb
        x2, z2 = aa * bb % P, e * (aa + 121665 * e) % P
    if swap:
        x2, z2 = x3, z3
    return (x2 * pow(z2, P - 2, P) % P).to_bytes(32, "little")


def times(a, b):
    out = 0
    for i in range(5):
        if b >> i & 1:
            out ^= a << i
    for i in range(9, 4, -1):
        if out >> i & 1:
            out ^= 0b100101 << (i - 5)
    return out


def fingerprint(public):
    bits = int.from_bytes(blake(b"evh-fingerprint", public), "big") >> (256 - 120)
    groups = []
    for g in range(8):
        word = bits >> (15 * (7 - g)) & 0x7FFF
        letters = [word >> 10, word >> 5 & 31, word & 31]
        check = g
        for letter, factor in zip(letters, (8, 4, 2)):
            check ^= times(letter, factor)
        groups.append("".join(LETTERS[v] for v in letters + [check]))
    return "-".join(groups)


for first in (0, 1, 200):
    seed = bytes((first + i) % 256 for i in range(32))
    secret = hashlib.sha512(blake(b"evh-curve", seed)).digest()[:32]
    public = ladder(secret)
    print(seed.hex(), secret.hex(), public.hex(), fingerprint(public))
