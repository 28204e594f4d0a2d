#!/usr/bin/python3
"""Two scores of the same rows, patients with several: what changed, and how sure that is.

AUC: DeLong, DeLong and Clarke-Pearson's covariance of two AUCs from all pairs of rows (Biometrics
44:837, 1988), by patient as Obuchowski has it (Biometrics 53:567, 1997); the change's variance is
var(a) + var(b) - 2 cov(a, b). R^2: every patient is weighed a little more and a little less, and the
change is computed anew (infinitesimal jackknife, Jaeckel 1972). In fractions; leaving patients out
one by one (jackknife) must come near either.

    scripts/golden/change.py > tests/golden/change.txt
"""
from fractions import Fraction as F
from random import Random


def cohort(seed, patients, most, numbers):
    """Rows (patient, label or y, a, b): b is a worse look at what a saw; all in eighths."""
    draw = Random(seed)
    rows = []
    for patient in range(1, patients + 1):
        own = draw.gauss(0, 1)
        for _ in range(draw.randint(1, most)):
            truth = own + draw.gauss(0, 1)
            y = F(round(8 * truth), 8) if numbers else int(truth + draw.gauss(0, 1) > 0)
            a = F(round(8 * (0.8 * truth + draw.gauss(0, 0.6))), 8)
            b = F(round(4 * float(a) + draw.gauss(0, 4)), 8)
            rows.append((patient, y, a, b))
    return rows


def wins(up, down):
    return F(1) if up > down else F(1, 2) if up == down else F(0)


def auc(rows, k):
    pairs = [wins(p[k], n[k]) for p in rows if p[1] == 1 for n in rows if n[1] == 0]
    return sum(pairs) / len(pairs)


def components(rows, k):
    """Per patient: placements of positives and of negatives, each less the AUC, summed."""
    theta = auc(rows, k)
    positives = [r for r in rows if r[1] == 1]
    negatives = [r for r in rows if r[1] == 0]
    x, y = {}, {}
    for p in positives:
        own = sum(wins(p[k], n[k]) for n in negatives) / len(negatives)
        x[p[0]] = x.get(p[0], F(0)) + own - theta
    for n in negatives:
        own = sum(wins(p[k], n[k]) for p in positives) / len(positives)
        y[n[0]] = y.get(n[0], F(0)) + own - theta
    return x, y, len(positives), len(negatives)


def covariance(rows, j, k):
    (xj, yj, m, n), (xk, yk, _, _) = components(rows, j), components(rows, k)
    both = len({r[0] for r in rows})
    s10 = F(len(xj), (len(xj) - 1) * m) * sum(xj[i] * xk[i] for i in xj)
    s01 = F(len(yj), (len(yj) - 1) * n) * sum(yj[i] * yk[i] for i in yj)
    s11 = F(both, both - 1) * sum(xj[i] * yk.get(i, 0) + xk[i] * yj.get(i, 0) for i in xj)
    return s10 / m + s01 / n + s11 / (m * n)


def r2_change(rows, weight):
    total = sum(weight[r[0]] for r in rows)
    mean = sum(weight[r[0]] * r[1] for r in rows) / total
    spread = sum(weight[r[0]] * (r[1] - mean) ** 2 for r in rows)
    error = [sum(weight[r[0]] * (r[1] - r[k]) ** 2 for r in rows) for k in (2, 3)]
    return (error[0] - error[1]) / spread


def r2_variance(rows):
    patients = sorted({r[0] for r in rows})
    step, squares = F(1, 10 ** 6), F(0)
    for patient in patients:
        more, less = ({p: 1 + sign * step * (p == patient) for p in patients} for sign in (1, -1))
        squares += ((r2_change(rows, more) - r2_change(rows, less)) / (2 * step)) ** 2
    return F(len(patients), len(patients) - 1) * squares


def jackknife(rows, change):
    patients = sorted({r[0] for r in rows})
    left = [change([r for r in rows if r[0] != p]) for p in patients]
    mean = sum(left) / len(left)
    return F(len(left) - 1, len(left)) * sum((v - mean) ** 2 for v in left)


def tell(name, rows, value, variance, change):
    ratio = jackknife(rows, change) / variance
    assert F(7, 10) < ratio < F(13, 10), (name, float(ratio))
    print(f"cohort {name} {len(rows)}")
    for patient, y, a, b in rows:
        print(f"row {patient} {float(y):g} {float(a):g} {float(b):g}")
    print(f"change {float(value):.17g} {float(variance):.17g}")


def main():
    print("# what    a second score of the same rows: change of AUC or R^2, and the change's variance")
    print("# made    scripts/golden/change.py: covariances of all pairs, and by weighing; fractions")
    print("# compare changes to 1e-12, variances to the grain of what a patient adds to a sum (exam.h)")
    print("# rows    cohort NAME ROWS | row PATIENT TRUTH FIRST SECOND ... | change VALUE VARIANCE")
    for name, seed, patients, most in (("auc-rows", 1, 40, 1), ("auc-patients", 2, 30, 6)):
        rows = cohort(seed, patients, most, False)
        variance = covariance(rows, 2, 2) + covariance(rows, 3, 3) - 2 * covariance(rows, 2, 3)
        tell(name, rows, auc(rows, 3) - auc(rows, 2), variance, lambda r: auc(r, 3) - auc(r, 2))
    for name, seed, patients, most in (("r2-rows", 3, 40, 1), ("r2-patients", 4, 30, 6)):
        rows = cohort(seed, patients, most, True)
        even = {r[0]: F(1) for r in rows}
        tell(name, rows, r2_change(rows, even), r2_variance(rows),
             lambda r: r2_change(r, {s[0]: F(1) for s in r}))


main()
