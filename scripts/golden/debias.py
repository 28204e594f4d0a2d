#!/usr/bin/python3
"""A training step of debias-vae in numpy float64: losses and gradients of every kind of phase.

Only the forward pass is written down; gradients come from a reverse-mode tape, so nothing here
shares a hand-derived formula with the C source. Numbers that are inputs are multiples of 1/1024:
floats and doubles hold the same ones.

    scripts/golden/debias.py > tests/golden/debias_step.txt
"""
import math
import numpy as np

B, D, H, K, T = 8, 7, 5, 3, 4          # rows, width, hidden, latent, hidden units of the task head
LAYERS, COPIES = [4, 3], 2             # of an adversary; adversaries an attribute
RECONSTRUCT, BETA, WARMUP, TASK_WEIGHT = 0.3, 0.7, 0.2, 3.0
RAMP, PROGRESS, DROPPED = 0.3, 0.15, 0.25
CAP = 10.0                             # of a class weight
TASKS = [("ill", 1), ("stage", 3)]     # name, outputs
GROUPS = [("sex", "binary", 20.0, [0.625, 0.375]),
          ("race", "categorical", 5.0, [0.8125, 0.171875, 0.015625]),
          ("age", "regression", 2.5, [])]


def unspread(g, shape):
    """Sums over what numpy repeated to make shapes fit."""
    for axis, n in enumerate(shape):
        if n == 1 and g.shape[axis] != 1:
            g = g.sum(axis=axis, keepdims=True)
    return g


class Node:
    """A matrix that remembers how it was made."""

    def __init__(self, value, made_from=()):
        self.value, self.made_from, self.grad = np.asarray(value, dtype=np.float64), made_from, None

    def __add__(self, other):
        return Node(self.value + other.value, ((self, lambda g: g), (other, lambda g: g)))

    def __sub__(self, other):
        return Node(self.value - other.value, ((self, lambda g: g), (other, lambda g: -g)))

    def __mul__(self, other):
        if not isinstance(other, Node):
            return Node(self.value * other, ((self, lambda g: g * other),))
        return Node(self.value * other.value,
                    ((self, lambda g: g * other.value), (other, lambda g: g * self.value)))

    def __matmul__(self, other):
        return Node(self.value @ other.value,
                    ((self, lambda g: g @ other.value.T), (other, lambda g: self.value.T @ g)))

    def map(self, value, slope):
        return Node(value, ((self, lambda g: g * slope),))

    def exp(self):
        e = np.exp(self.value)
        return self.map(e, e)

    def log(self):
        return self.map(np.log(self.value), 1 / self.value)

    def gelu(self):
        x = self.value
        below = 0.5 * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))
        density = np.exp(-x * x / 2) / math.sqrt(2 * math.pi)
        return self.map(x * below, below + x * density)

    def relu(self):
        return self.map(np.maximum(self.value, 0), (self.value > 0).astype(float))

    def clip(self, lo, hi):
        x = self.value
        return self.map(np.clip(x, lo, hi), ((x > lo) & (x < hi)).astype(float))

    def columns(self, a, b):
        def back(g):
            wide = np.zeros_like(self.value)
            wide[:, a:b] = g
            return wide
        return Node(self.value[:, a:b], ((self, back),))

    def row_sums(self):
        return Node(self.value.sum(axis=1, keepdims=True),
                    ((self, lambda g: g * np.ones_like(self.value)),))

    def sum(self):
        return Node(self.value.sum(), ((self, lambda g: g * np.ones_like(self.value)),))

    def backward(self):
        order, seen = [], set()

        def visit(node):
            if id(node) not in seen:
                seen.add(id(node))
                for parent, _ in node.made_from:
                    visit(parent)
                order.append(node)
        visit(self)
        for node in order:
            node.grad = np.zeros_like(node.value)
        self.grad = np.ones_like(self.value)
        for node in reversed(order):
            for parent, back in node.made_from:
                parent.grad = parent.grad + unspread(back(node.grad), parent.value.shape)


def exact(a):
    return np.round(np.asarray(a) * 1024) / 1024


rng = np.random.default_rng(42)


def dense_weights(n_in, n_out):
    return [Node(exact(rng.uniform(-0.8, 0.8, (n_in, n_out)))),   # used as x @ W
            Node(exact(rng.uniform(-0.8, 0.8, (1, n_out))))]


def dense(x, wb):
    return x @ wb[0] + wb[1]


def flat(wbs, what):
    """As in theta: W [out,in], then b."""
    return np.concatenate([np.concatenate([what(w).T.ravel(), what(b).ravel()]) for w, b in wbs])


encoder = [dense_weights(D, H), dense_weights(H, 2 * K)]
decoder = [dense_weights(K, H), dense_weights(H, D)]
head = [dense_weights(K, T), dense_weights(T, sum(n for _, n in TASKS))]
players = []                           # (group, [dense, dense, dense])
for g, (_, kind, _, share) in enumerate(GROUPS):
    outputs = len(share) if kind == "categorical" else 1
    for _ in range(COPIES):
        sizes = [K] + LAYERS + [outputs]
        players.append((g, [dense_weights(a, b) for a, b in zip(sizes, sizes[1:])]))

x = exact(rng.normal(size=(B, D)))
mask = (rng.random((B, D)) >= DROPPED) / (1 - DROPPED)
eps = exact(rng.normal(size=(B, K)))
task_y = [np.array([0, 1, 1, np.nan, 0, 1, 0, 0]), np.array([2, 0, np.nan, 1, 1, 0, 0, 2])]
group_y = [np.array([0, 1, 0, 1, np.nan, 0, 0, 1]), np.array([0, 0, 2, 1, 0, np.nan, 1, 0]),
           exact([0.5, -1.25, np.nan, 0.75, 1.5, -0.25, np.nan, -0.5])]


def log_softmax(logits):
    top = logits.value.max(axis=1, keepdims=True)
    return logits - ((logits - Node(top)).exp().row_sums().log() + Node(top))


def binary_as_two(logit):
    """The logits (0, s) say the same as one logit s."""
    return log_softmax(logit @ Node([[0.0, 1.0]]))


def cross_entropy(log_p, y, class_weight):
    known = ~np.isnan(y)
    target = np.zeros_like(log_p.value)
    for row in np.flatnonzero(known):
        target[row, int(y[row])] = class_weight[int(y[row])]
    return (log_p * Node(target)).sum() * (-1 / target.sum())


def half_square(value, y):
    known = ~np.isnan(y)
    off = (value - Node(np.where(known, y, 0)[:, None])) * Node(known.astype(float)[:, None])
    return (off * off).sum() * (0.5 / known.sum())


def class_weights(kind, share):
    if kind != "categorical":
        return np.ones(len(share))
    seen = sum(s > 0 for s in share)
    return np.array([min(1 / (seen * s), CAP) for s in share])


def player_loss(g, out):
    _, kind, _, share = GROUPS[g]
    if kind == "regression":
        return half_square(out, group_y[g])
    log_p = binary_as_two(out) if kind == "binary" else log_softmax(out)
    return cross_entropy(log_p, group_y[g], class_weights(kind, share))


def confusion(g, out):
    """KL(prior || p) of every row; the prior is what a player says that z tells nothing."""
    _, kind, _, share = GROUPS[g]
    if kind == "regression":
        return half_square(out, np.zeros(B))
    prior = class_weights(kind, share) * share
    prior = prior / prior.sum()
    log_p = binary_as_two(out) if kind == "binary" else log_softmax(out)
    return ((Node(np.log(prior)[None, :]) - log_p) * Node(prior[None, :])).sum() * (1 / B)


def play(player, z):
    h = z
    for layer in player[:-1]:
        h = dense(h, layer).relu()
    return dense(h, player[-1])


def encode():
    both = dense(dense(Node(x * mask), encoder[0]).gelu(), encoder[1])
    mu, logvar = both.columns(0, K), both.columns(K, 2 * K).clip(-12, 6)
    return mu, logvar, mu + (logvar * 0.5).exp() * Node(eps)


def main_phase(form):
    mu, logvar, z = encode()
    off = dense(dense(z, decoder[0]).gelu(), decoder[1]) - Node(x)
    recon = (off * off).sum() * (1 / (B * D))
    kl = (mu * mu + logvar.exp() - Node(np.ones((B, K))) - logvar).sum() * (0.5 / B)
    said = dense(dense(z, head[0]).gelu(), head[1])
    tasks = (cross_entropy(binary_as_two(said.columns(0, 1)), task_y[0], [1, 1])
             + cross_entropy(log_softmax(said.columns(1, 4)), task_y[1], [1, 1, 1]))
    ramp = 2 / (1 + math.exp(-10 * min(1, PROGRESS / RAMP))) - 1
    pull, values = Node(0.0), []
    for g, player in players:
        out = play(player, z)
        value = confusion(g, out) if form == "confusion" else player_loss(g, out) * -1.0
        values.append(value.value)
        pull = pull + value * (GROUPS[g][2] * ramp / COPIES)
    beta = BETA * min(1, PROGRESS / WARMUP)
    total = recon * RECONSTRUCT + kl * (beta * 2 / D) + tasks * TASK_WEIGHT + pull
    total.backward()
    losses = [recon.value, kl.value, tasks.value, np.mean(values)]
    return total.value, losses, flat(encoder + decoder + head, lambda n: n.grad)


def stacked(what):
    """Adversaries in theta: all first W, all first b, then the later layers player by player."""
    first = [p[0] for _, p in players]
    return np.concatenate([what(w).T.ravel() for w, _ in first]
                          + [what(b).ravel() for _, b in first]
                          + [flat(p[1:], what) for _, p in players])


def adversary_phase():
    _, _, z = encode()
    z = Node(z.value)                  # the encoder is frozen
    total = Node(0.0)
    for g, player in players:
        total = total + player_loss(g, play(player, z))
    total.backward()
    return total.value, [total.value / len(players)], stacked(lambda n: n.grad)


def show(name, values):
    values = np.ravel(values)
    print(name, len(values))
    for at in range(0, len(values), 4):
        print(" ".join(repr(float(v)) for v in values[at:at + 4]))


print(f"""# what    debias-vae: one main phase (both forms) and one phase of the adversaries
#         D={D} H={H} K={K}, head {T}, adversaries {LAYERS} x {COPIES} on sex, race, age; batch {B}
# made    scripts/golden/debias.py, numpy float64, gradients by a reverse-mode tape, seed 42
# compare 1e-5 of the largest: reference is float64, ours float32; in the double build 1e-7""")
show("theta", np.concatenate([flat(encoder + decoder + head, lambda n: n.value),
                              stacked(lambda n: n.value)]))
show("x", x)
show("mask", mask)
show("eps", eps)
show("task", task_y)
show("group", group_y)
for form in ("confusion", "reverse"):
    total, losses, grad = main_phase(form)
    show(form + "_objective", [total])
    show(form + "_losses", losses)
    show(form + "_grad", grad)
total, losses, grad = adversary_phase()
show("adversary_objective", [total])
show("adversary_losses", losses)
show("adversary_grad", grad)
