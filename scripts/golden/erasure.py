#!/usr/bin/python3
"""Linear erasure in numpy float64, straight from the formula and from centred rows.

No summed moments, no Cholesky, no orthogonal basis: S and C are made of rows less their means,
inverses are numpy's. Inputs are multiples of 1/1024: floats and doubles hold the same ones.

    scripts/golden/erasure.py > tests/golden/erasure.txt
"""
import numpy as np

ROWS, WIDTH, RIDGE = 40, 8, 1e-9
LEVELS, LARGEST, UNSEEN = 4, 1, 2      # of race
SHRINKAGE = {"none": 0.0, "tenth": 0.1, "all": 1.0}


def exact(a):
    return np.round(np.asarray(a) * 1024) / 1024


rng = np.random.default_rng(42)
sex = rng.integers(0, 2, ROWS).astype(float)
race = rng.choice([0, LARGEST, 3], ROWS, p=[0.3, 0.6, 0.1]).astype(float)
age = exact(rng.normal(size=ROWS))
mix = rng.normal(size=(WIDTH, WIDTH))
told = np.outer(sex, rng.normal(size=WIDTH)) + np.outer(race == 3, rng.normal(size=WIDTH))
x = exact((rng.normal(size=(ROWS, WIDTH)) + told + np.outer(age, rng.normal(size=WIDTH))) @ mix)
sex[[3, 17]] = np.nan
race[[3, 30, 31]] = np.nan
age[[0, 39]] = np.nan

columns = [(sex, sex)]
columns += [(race, (race == level).astype(float))
            for level in range(LEVELS) if level not in (LARGEST, UNSEEN)]
columns += [(age, age)]


def centred(a):
    return a - a.mean(axis=0)


def covariance_with(value, z):
    known = ~np.isnan(value)
    return centred(x[known]).T @ centred(z[known]) / known.sum()


C = np.stack([covariance_with(*c) for c in columns], axis=1)
S = centred(x).T @ centred(x) / ROWS


def projection(g):
    shrunk = (1 - g) * S + (g + RIDGE) * np.trace(S) / WIDTH * np.eye(WIDTH)
    inverse = np.linalg.inv(shrunk)
    return C @ np.linalg.inv(C.T @ inverse @ C) @ C.T @ inverse


def show(name, values):
    values = np.ravel(values)
    print(name, len(values))
    for at in range(0, len(values), 4):
        print(" ".join(repr(float(v)) for v in values[at:at + 4]))


print(f"""# what    erasure: P = C (C^T S^-1 C)^-1 C^T S^-1 and x - P (x - m), for three shrinkages
#         {ROWS} rows, {WIDTH} features; sex, race ({LEVELS} levels, one unseen), age; some unknown
# made    scripts/golden/erasure.py, numpy float64, seed 42
# compare 1e-10 of the largest of P: both are float64, S has condition {np.linalg.cond(S):.0f};
#         rows 1e-6 of the largest: ours are float32""")
show("x", x)
show("group", [sex, race, age])
for word, g in SHRINKAGE.items():
    P = projection(g)
    show("projection_" + word, P)
    show("rows_" + word, x - centred(x) @ P.T)
