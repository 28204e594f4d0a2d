#!/usr/bin/python3
"""Intervals of proportions and noise floors of gaps, without a formula that the C source has.

Clopper-Pearson: exact tails of the binomial in whole numbers, halved until 60 digits stand. Wilson
and Newcombe: the p that a score test of k of n would not reject, halved likewise, squared and
added. Floors: every outcome of every group, with its probability, in fractions.

    scripts/golden/rates.py > tests/golden/rates.txt
"""
from decimal import Decimal, getcontext
from fractions import Fraction
from itertools import product
from math import comb
from statistics import NormalDist

getcontext().prec = 60
Z = Decimal(NormalDist().inv_cdf(0.975))
ALPHA = Decimal("0.025")


def halve(above, lo=Decimal(0), hi=Decimal(1)):
    """The number from which on above() is true."""
    for _ in range(190):
        mid = (lo + hi) / 2
        lo, hi = (lo, mid) if above(mid) else (mid, hi)
    return hi


def tail(k, n, p):
    """The probability of k or more of n."""
    return sum(Decimal(comb(n, i)) * p ** i * (1 - p) ** (n - i) for i in range(k, n + 1))


def clopper_pearson(k, n):
    lo = Decimal(0) if k == 0 else halve(lambda p: tail(k, n, p) > ALPHA)
    hi = Decimal(1) if k == n else halve(lambda p: 1 - tail(k + 1, n, p) < ALPHA)
    return lo, hi


def wilson(k, n):
    share = Decimal(k) / n
    lo = halve(lambda p: (share - p) ** 2 * n <= Z * Z * p * (1 - p), Decimal(0), share)
    hi = halve(lambda p: (share - p) ** 2 * n > Z * Z * p * (1 - p), share, Decimal(1))
    return lo, hi


def newcombe(k, n, j, m):
    a, b = Decimal(k) / n, Decimal(j) / m
    (a_lo, a_hi), (b_lo, b_hi) = wilson(k, n), wilson(j, m)
    return (a - b - ((a - a_lo) ** 2 + (b_hi - b) ** 2).sqrt(),
            a - b + ((a_hi - a) ** 2 + (b - b_lo) ** 2).sqrt())


def floors(sizes, hits):
    """Mean gap and ratio of groups of these sizes that all have the pooled rate; hits of all."""
    p = Fraction(hits, sum(sizes))
    pmf = [[comb(n, k) * p ** k * (1 - p) ** (n - k) for k in range(n + 1)] for n in sizes]
    gap = ratio = known = Fraction(0)
    for ks in product(*(range(n + 1) for n in sizes)):
        chance = Fraction(1)
        for of_group, k in zip(pmf, ks):
            chance *= of_group[k]
        rates = [Fraction(k, n) for k, n in zip(ks, sizes)]
        gap += chance * (max(rates) - min(rates))
        if max(rates) > 0:  # else there is no ratio
            known += chance
            ratio += chance * min(rates) / max(rates)
    return gap, ratio / known


def show(name, numbers, values):
    print(name, *numbers, *(f"{float(v):.17g}" for v in values))


print("""# what    intervals of proportions (95 %), of differences of two; mean gap and ratio of equal groups
# made    scripts/golden/rates.py: exact binomial tails and every outcome, in fractions and decimals
# compare intervals to 1e-12; floors to four standard errors of their replicates
# rows    clopper-pearson k n lo hi | newcombe k n j m lo hi | floor2, floor3 sizes hits gap ratio""")
for row in [(0, 10), (10, 10), (1, 10), (3, 7), (1, 500), (499, 500), (81, 263), (15, 148), (250, 500)]:
    show("clopper-pearson", row, clopper_pearson(*row))
for row in [(56, 70, 48, 80), (9, 10, 3, 10), (6, 7, 2, 7), (5, 56, 0, 29), (0, 10, 0, 20), (10, 10, 0, 10)]:
    show("newcombe", row, newcombe(*row))
for row in [((20, 30), 20), ((5, 60), 13), ((3, 3), 2), ((12, 15, 20), 14), ((8, 30, 15), 5)]:
    show(f"floor{len(row[0])}", (*row[0], row[1]), floors(*row))
