#!/usr/bin/env python3
"""The stream of tests/unit/proto/base/test_rng_normal.c, made without our C.

Philox4x32-10 in integers, Box-Muller with Python's own math, rounded to float32;
prints a Fletcher checksum of the first 100,000 normals of (seed 1, RNG_INIT, 0, 0, 0).
"""
import math
import struct

MASK = 0xFFFFFFFF


def philox(counter, key):
    c, k = list(counter), list(key)
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(p1 >> 32) ^ c[1] ^ k[0], p1 & MASK, (p0 >> 32) ^ c[3] ^ k[1], p0 & MASK]
        k = [(k[0] + 0x9E3779B9) & MASK, (k[1] + 0xBB67AE85) & MASK]
    return c


def words(seed, purpose, site, round_, step):
    key = (seed & MASK, seed >> 32)
    h = philox((purpose, site & MASK, site >> 32, 0), key)
    when = (round_ & MASK, round_ >> 32, step & MASK, step >> 32)
    h = philox([a ^ b for a, b in zip(h, when)], key)
    at = 0
    while True:
        yield from philox((at & MASK, at >> 32, h[2], h[3]), h[:2])
        at += 1


def uniform(stream):
    low = next(stream)
    return (((next(stream) << 32 | low) >> 12) + 0.5) * 2.0**-52


def normals(stream, n):
    for _ in range(n // 2):
        radius = math.sqrt(-2.0 * math.log(uniform(stream)))
        angle = 2.0 * math.pi * uniform(stream)
        yield radius * math.cos(angle)
        yield radius * math.sin(angle)


total, totals = 1, 0
for x in normals(words(1, 1, 0, 0, 0), 100000):
    bits = struct.unpack("<I", struct.pack("<f", x))[0]
    total = (total + bits) % 4294967291
    totals = (totals + total) % 4294967291
print(f"0x{totals << 32 | total:016x}")
