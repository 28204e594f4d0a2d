#!/usr/bin/python3
"""Rows a second of the same training step, here and in Debian's torch, in one run.

Needs torch, which nothing else here does, and is run by hand, in the repository's root:

    apt-get install --no-install-recommends python3-torch
    make build/release/tests/tools/site_steps
    scripts/bench/torch_step.py                                   --help says what can be set

Each side may use this machine as suits it best. Here that is sites side by side, each on a thread
of its own, as under `simulate run --jobs`; in torch one process of several threads, or several
processes of one thread. All arrangements take turns, so that a busy machine is busy for all: a
row's number is the median of its turns, and a ratio the median of the turns' ratios. What a turn
used of the processors is counted too: rows a processor second change little when others compute.

Torch takes its matrix products from libblas.so.3. With what this project installs that is OpenBLAS,
as here, and the fair comparison; on a bare Debian 12 apt chooses the reference BLAS for it, which
is measured as well if it is there. glibc is told to keep what torch gives back: page faults would
be a good part of a step. `as usual` is the step as tutorials write it: torch's own dropout, the
optimiser and glibc as they come. `nothing but the products` are the step's matrix products by our
OpenBLAS: no step can be faster, so its ratio to torch is what nobody here can exceed.

Both sides must move as many weights in as many phases, and their losses must go the same way.
"""
import argparse
import glob
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

PYTHON = "/usr/bin/python3"            # Debian's: its torch is there for no other
TORCH_SITE = str(pathlib.Path(__file__).with_name("torch_site.py"))
OURS = os.path.join(os.environ.get("EVENHAND_TOOLS", "build/release/tests"), "tools/site_steps")
DRILLS = ["debias 1408-500", "debias tcga.cfg"]
OPENBLAS, REFERENCE = "/usr/lib/*/openblas*/libblas.so.3", "/usr/lib/*/blas/libblas.so.3"
KEEP_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(32 << 20), "MALLOC_TRIM_THRESHOLD_": str(4 << 30)}
CHECK_STEPS = 30
LOSS_RATIO, LOSS_BESIDE = 0.25, 0.02   # of means over few rows, from other random numbers
BUSY = 0.5                             # load before anything is measured
PAUSE_S = 0.05                         # for threads that wait actively to go to sleep


class Side:
    """Programs that train side by side and speak the words of tests/tools/site_steps.c."""

    def __init__(self, what, words, env=None, processes=1, sites=1, drill=None):
        self.what, self.sites = what, processes * sites
        self.program = [subprocess.Popen(words, env={**os.environ, **(env or {})}, text=True,
                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE)
                        for _ in range(processes)]
        if drill is not None:
            self.tell(json.dumps(drill))
        self.about = self.hear()[0]
        self.steps = 1
        self.clock, self.processors = [], []

    def tell(self, line):
        for program in self.program:
            program.stdin.write(line + "\n")
            program.stdin.flush()

    def hear(self):
        lines = [program.stdout.readline() for program in self.program]
        if not all(lines):
            sys.exit(f"torch_step.py: {self.what}: a program ended")
        return [json.loads(line) for line in lines]

    def turn(self, steps):
        """Steps of all sites a second, the same a processor second, and the first site's losses."""
        start = time.perf_counter()
        self.tell(str(steps))
        said = self.hear()
        taken = steps * self.sites
        return (taken / (time.perf_counter() - start),
                taken / sum(s["processor_seconds"] for s in said), said[0]["losses"])

    def close(self):
        for program in self.program:
            program.stdin.close()
            program.wait()


def counts(cores):
    """1, 2, ... of a small machine; powers of two, and all, of a larger one."""
    return sorted({n for n in range(1, cores + 1) if cores <= 4 or n & (n - 1) == 0} | {cores})


def found(pattern):
    return next(iter(sorted(glob.glob(pattern))), None)


def environment(blas, threads, keep):
    env = {"OMP_NUM_THREADS": str(threads), "OPENBLAS_NUM_THREADS": str(threads)}
    if threads > 1:                    # or OpenMP's threads and BLAS's wait in each other's way
        env["OMP_WAIT_POLICY"] = "PASSIVE"
    if blas is not None:
        env["LD_LIBRARY_PATH"] = os.path.dirname(blas)
    return {**env, **(KEEP_MEMORY if keep else {})}


def plural(n, what):
    return f"{n} {what}{'' if n == 1 else 'es' if what.endswith('s') else 's'}"


def ours(name, rows, cores):
    """Sides that train, and one that only multiplies, as fast as any step could."""
    words = [OURS, name, str(rows)]
    return ([Side(f"here: {plural(n, 'site')} of 1 thread", [*words, str(n)], sites=n)
             for n in counts(cores)],
            Side("here: nothing but the products", [*words, str(cores), "products"], sites=cores))


def in_torch(drill, rows, cores):
    """Sides to be compared with fairly, and sides to be shown."""
    def side(label, blas, processes, threads, keep=True, words=()):
        words = [PYTHON, TORCH_SITE, str(rows), str(threads), *words]
        what = f"{label}: {plural(processes, 'process')} of {plural(threads, 'thread')}"
        return Side(what, words, environment(blas, threads, keep), processes, drill=drill)
    good, reference = found(OPENBLAS), found(REFERENCE)
    fair = [side("torch", good, 1, n) for n in counts(cores)]
    fair += [side("torch", good, n, 1) for n in counts(cores)[1:]]
    shown = [side("torch as usual", good, cores, 1, keep=False, words=["plain"])]
    if reference is not None:
        shown.append(side("torch, reference BLAS", reference, cores, 1))
    return fair, shown


def check(mine, theirs):
    """The same work? Says what both lost in the first steps."""
    for what in ("weights", "phases"):
        if mine.about[what] != theirs.about[what]:
            sys.exit(f"torch_step.py: {mine.about[what]} {what} here,"
                     f" {theirs.about[what]} in torch")
    a, b = (side.turn(CHECK_STEPS)[2] for side in (mine, theirs))
    print(f"  the same: {mine.about['weights']} weights, {mine.about['phases']} phases a step;"
          f" mean losses of the first {CHECK_STEPS} steps, here and in torch:\n   ",
          "   ".join(f"{name} {a[name]:.3g} {b[name]:.3g}" for name in a))
    for name in a:
        if abs(a[name] - b[name]) > LOSS_RATIO * max(abs(a[name]), abs(b[name])) + LOSS_BESIDE:
            sys.exit(f"torch_step.py: loss {name} is another")


def take_turns(sides, turns, seconds):
    for side in sides:
        first, _, _ = side.turn(1)
        rate, _, _ = side.turn(max(1, round(first * seconds / 2 / side.sites)))
        side.steps = max(1, round(rate * seconds / side.sites))
    for _ in range(turns):
        for side in sides:
            time.sleep(PAUSE_S)
            clock, processors, _ = side.turn(side.steps)
            side.clock.append(clock)
            side.processors.append(processors)


def ratio(a, b, by):
    return statistics.median(x / y for x, y in zip(getattr(a, by), getattr(b, by)))


def best(sides, by):
    return max(sides, key=lambda side: statistics.median(getattr(side, by)))


def describe_blas(sides):
    for side in sides:
        libraries = ", ".join(os.path.realpath(path) for path in side.about["blas"][:1])
        print(f"  {side.what}: torch {side.about['torch']}, {libraries},"
              f" {side.about['gflops']:.0f} GFLOP/s of sgemm")


def report(rows, mine, floor, fair, shown):
    first = {by: best(mine, by) for by in ("clock", "processors")}
    print(f"  {'':42} {'rows a second':>14} {'here / it':>10} {'a processor second':>20}"
          f" {'here / it':>10}")
    for side in [*mine, floor, *fair, *shown]:
        print(f"  {side.what:42}", end="")
        for by, width in (("clock", 14), ("processors", 20)):
            against = f"{ratio(first[by], side, by):10.2f}" if side in fair + shown else f"{'':10}"
            print(f" {rows * statistics.median(getattr(side, by)):{width}.0f} {against}", end="")
        print()
    alone = [side for side in fair if len(side.program) == 1]
    for by, words in (("clock", "by the clock"), ("processors", "by processor time")):
        rival = best(fair, by)
        print(f"  {words}: best here / best in torch {ratio(first[by], rival, by):.2f};"
              f" nothing but the products / best in torch {ratio(floor, rival, by):.2f};"
              f" one training alone {ratio(mine[0], best(alone, by), by):.2f}")
    print(flush=True)


def compare(name, rows, cores, options):
    print(f"{name}, batches of {rows}")
    mine, floor = ours(name, rows, cores)
    fair, shown = in_torch(mine[0].about, rows, cores)
    sides = [*mine, floor, *fair, *shown]
    try:
        describe_blas([fair[0], *shown[1:]])
        check(mine[0], fair[0])
        take_turns(sides, options.turns, options.seconds)
        report(rows, mine, floor, fair, shown)
    finally:
        for side in sides:
            side.close()


def main():
    ask = argparse.ArgumentParser(description="Training steps here and in torch.")
    ask.add_argument("--turns", type=int, default=9, help="of each arrangement; default 9")
    ask.add_argument("--seconds", type=float, default=0.5, help="of a turn, about; default 0.5")
    ask.add_argument("--drill", choices=DRILLS, action="append", help="default: both")
    ask.add_argument("--rows", type=int, action="append", help="of a batch; default 32 and 256")
    options = ask.parse_args()
    if not os.access(OURS, os.X_OK):
        sys.exit(f"torch_step.py: no {OURS}; run: make build/release/tests/tools/site_steps")
    if subprocess.run([PYTHON, "-c", "import torch"], stderr=subprocess.DEVNULL,
                      check=False).returncode != 0:
        sys.exit(f"torch_step.py: {PYTHON} has no torch; run:"
                 " apt-get install --no-install-recommends python3-torch")
    cores = len(os.sched_getaffinity(0))
    print(f"step: medians of {options.turns} turns in {plural(cores, 'core')}\n")
    load = os.getloadavg()[0]
    if load > BUSY:
        print(f"Others compute here (load {load:.1f}): what the clock says is luck.\n")
    for name in options.drill or DRILLS:
        for rows in options.rows or [32, 256]:
            compare(name, rows, cores, options)


main()
