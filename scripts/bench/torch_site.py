#!/usr/bin/python3
"""The training step of debias-vae in torch, for scripts/bench/torch_step.py.

Speaks the words of tests/tools/site_steps.c: hears that program's first line, says one of its own,
then takes as many steps as each line of stdin asks for. Does what models/vae/debias.h says, the way
somebody who knows torch writes it: all adversaries of an attribute in one batched product, the
first layers of all in one; no graph behind the encoder where adversaries train, none of the
adversaries' weights where the encoder does; gradients are dropped, not zeroed; the faster of the
optimiser's two loops. `plain` instead: torch's own dropout and the optimiser as it comes.

    torch_site.py ROWS THREADS [plain]
"""
import json
import math
import re
import sys
import time

import torch
import torch.nn.functional as F

CLASS_WEIGHT_MAX = 10.0                # models/vae/adversary.h
LOGVAR_MIN, LOGVAR_MAX = -12, 6        # models/vae/vae.h
OPTIMISER_TRIAL = 10                   # steps
PRODUCT = 1024                         # rows and columns of the product that tells BLAS apart


def entropy(share):
    return -sum(p * math.log(p) for p in share if p > 0)


class Attribute:
    """What the adversaries of one attribute are told, and where the encoder pushes them."""

    def __init__(self, kind, about, value, weight):
        self.kind, self.outputs, self.value, self.weight = kind, about["outputs"], value, weight
        share = about["share"]
        seen = sum(p > 0 for p in share)
        rare = [1.0 if kind == "binary" or p == 0 else min(1 / (seen * p), CLASS_WEIGHT_MAX)
                for p in share]
        prior = [w * p / sum(w * p for w, p in zip(rare, share)) for w, p in zip(rare, share)]
        self.level_weight, self.prior = torch.tensor(rare), torch.tensor(prior)
        self.entropy = entropy(prior)

    def own(self, said, rows):
        """Mean over its adversaries of their own losses; said [copies,B,outputs]."""
        y = self.value[rows]
        copies = said.shape[0]
        if self.kind == "categorical":
            return F.cross_entropy(said.flatten(0, 1), y.repeat(copies), weight=self.level_weight)
        y = y.expand(copies, -1)
        if self.kind == "binary":
            return F.binary_cross_entropy_with_logits(said[..., 0], y)
        return F.mse_loss(said[..., 0], y) / 2

    def confusion(self, said):
        """Mean over rows and adversaries of KL(prior || p)."""
        if self.kind == "categorical":
            return -(F.log_softmax(said, -1) @ self.prior).mean() - self.entropy
        if self.kind == "binary":
            return (F.softplus(said) - self.prior[1] * said).mean() - self.entropy
        return said.square().mean() / 2


class Adversaries:
    """Layers of all players side by side; a player's last one stands with those as wide."""

    def __init__(self, latent, hidden, copies, attributes):
        self.copies = copies
        self.order = sorted(range(len(attributes)), key=lambda g: attributes[g].outputs)
        players = copies * len(attributes)
        self.first = self.layer((players * hidden[0], latent), (players * hidden[0],), latent)
        self.middle = [self.layer((players, a, b), (players, 1, b), a)
                       for a, b in zip(hidden, hidden[1:])]
        self.last = []
        for outputs in sorted({a.outputs for a in attributes}):
            n = copies * sum(a.outputs == outputs for a in attributes)
            self.last.append(self.layer((n, hidden[-1], outputs), (n, 1, outputs), hidden[-1]))
        self.players = players

    @staticmethod
    def layer(weight, bias, fan_in):
        def draw(shape):
            bound = 1 / math.sqrt(fan_in)
            return torch.empty(shape).uniform_(-bound, bound).requires_grad_()
        return draw(weight), draw(bias)

    def parameters(self):
        return [p for layer in [self.first, *self.middle, *self.last] for p in layer]

    def __call__(self, z, frozen=False):
        """What all say of z [B,K]: for each attribute a view [copies,B,outputs]."""
        def of(layer):
            return [p.detach() for p in layer] if frozen else layer
        v = F.relu_(F.linear(z, *of(self.first)))
        v = v.view(len(z), self.players, -1).transpose(0, 1)
        for layer in self.middle:
            weight, bias = of(layer)
            v = F.relu_(torch.baddbmm(bias, v, weight))
        said = []
        for layer, mine in zip(self.last, v.split([len(w) for w, _ in self.last])):
            weight, bias = of(layer)
            said += torch.baddbmm(bias, mine, weight).split(self.copies)
        return [said[self.order.index(g)] for g in range(len(said))]


def batches(rows, batch):
    while True:
        order = torch.randperm(rows)
        for at in range(0, rows, batch):
            yield order[at:at + batch]


def side(wide, hidden, narrow):
    if hidden == 0:
        return torch.nn.Linear(wide, narrow)
    return torch.nn.Sequential(torch.nn.Linear(wide, hidden), torch.nn.GELU(),
                               torch.nn.Linear(hidden, narrow))


class Site:
    def __init__(self, drill, batch, plain):
        lines = re.findall(r"^(.+?)=(.*)$", drill["plan"], re.M)
        self.plan = plan = {key: json.loads(value) for key, value in lines}
        self.batch, self.plain, self.width = batch, plain, drill["width"]
        self.latent = plan["model.latent"]
        self.rate = plan["model.dropout"]
        self.ramp = 2 / (1 + math.exp(-10)) - 1
        self.encoder = side(self.width, plan["model.hidden"], 2 * self.latent)
        self.decoder = side(self.latent, plan["model.hidden"], self.width)
        self.draw_rows(drill)
        self.head = torch.nn.Linear(self.latent, self.tasks.shape[1])
        self.adversaries = Adversaries(self.latent, plan["model.adversary.hidden"],
                                       plan["model.adversary.count"], self.attributes)
        self.main = [*self.encoder.parameters(), *self.decoder.parameters(),
                     *self.head.parameters()]
        self.against = self.adversaries.parameters()
        self.initial = [p.detach().clone() for p in self.main + self.against]
        self.streams = [batches(drill["rows"], batch) for _ in range(2)]
        self.optimisers(None if plain else self.faster())

    def draw_rows(self, drill):
        rows, plan = drill["rows"], self.plan
        self.x = torch.randn(rows, self.width)
        trained = [t for t in range(len(drill["tasks"])) if plan[f"tasks[{t}].train"]]
        if any(plan[f"tasks[{t}].kind"] != "binary" for t in trained):
            raise SystemExit("torch_site.py: knows binary tasks only")
        self.tasks = torch.randint(0, 2, (rows, len(trained))).float()
        self.attributes = []
        for g, about in enumerate(drill["groups"]):
            kind, weight = plan[f"groups[{g}].kind"], plan[f"groups[{g}].weight"]
            value = torch.randn(rows)
            if kind != "regression":
                value = torch.randint(0, len(about["share"]), (rows,))
            if kind == "binary":
                value = value.float()
            self.attributes.append(Attribute(kind, about, value,
                                             plan["model.adversary.weight"] if weight < 0
                                             else weight))

    def optimisers(self, foreach):
        plan = self.plan
        self.move_main = torch.optim.AdamW(self.main, lr=plan["local.lr"],
                                           weight_decay=plan["model.decay"], foreach=foreach)
        self.move_against = torch.optim.AdamW(self.against, lr=plan["model.adversary.lr"],
                                              weight_decay=plan["model.adversary.decay"],
                                              foreach=foreach)

    def faster(self):
        """Which of AdamW's loops: over one tensor at a time, or over all of them together?"""
        took = {}
        for foreach in (False, True):
            self.optimisers(foreach)
            self.step()
            start = time.process_time()
            for _ in range(OPTIMISER_TRIAL):
                self.step()
            took[foreach] = time.process_time() - start
        return min(took, key=took.get)

    def dropped(self, x):
        if self.plain or self.rate == 0:
            return F.dropout(x, self.rate)
        # F.dropout draws its mask with bernoulli_, which is slower than this.
        return torch.rand_like(x).ge_(self.rate).mul_(1 / (1 - self.rate)).mul_(x)

    def encode(self, x):
        mu, logvar = self.encoder(self.dropped(x)).chunk(2, 1)
        logvar = logvar.clamp(LOGVAR_MIN, LOGVAR_MAX)
        sigma = (logvar / 2).exp()
        return mu, logvar, sigma, torch.addcmul(mu, sigma, torch.randn_like(mu))

    def move(self, loss, weights, optimiser):
        loss.backward()
        if self.plan["local.clip_l2"] > 0:
            torch.nn.utils.clip_grad_norm_(weights, self.plan["local.clip_l2"])
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)

    def adversaries_phase(self):
        rows = next(self.streams[1])
        with torch.no_grad():
            z = self.encode(self.x[rows])[3]
        losses = [a.own(said, rows) for a, said in zip(self.attributes, self.adversaries(z))]
        own = sum(losses)
        self.move(own * self.adversaries.copies, self.against, self.move_against)
        return own.detach() / len(losses)

    def main_phase(self):
        plan, rows = self.plan, next(self.streams[0])
        x = self.x[rows]
        mu, logvar, sigma, z = self.encode(x)
        recon = F.mse_loss(self.decoder(z), x)
        kl = (mu.square() + sigma.square() - 1 - logvar).sum() / (2 * len(x))
        task = F.binary_cross_entropy_with_logits(self.head(z), self.tasks[rows])
        task = task * self.tasks.shape[1]
        confusion = [a.confusion(said)
                     for a, said in zip(self.attributes, self.adversaries(z, frozen=True))]
        pull = sum(self.ramp * a.weight * c for a, c in zip(self.attributes, confusion))
        loss = (plan["model.reconstruct"] * recon + plan["model.beta"] * 2 / self.width * kl
                + plan["model.task.weight"] * task + pull)
        self.move(loss, self.main, self.move_main)
        mean = sum(c.detach() for c in confusion) / len(confusion)
        return {"recon": recon.detach(), "kl": kl.detach(), "task": task.detach(),
                "confusion": mean}

    def step(self):
        for _ in range(self.plan["model.adversary.steps"]):
            own = self.adversaries_phase()
        return {**self.main_phase(), "adversary": own}

    def turn(self, steps):
        with torch.no_grad():
            for p, initial in zip(self.main + self.against, self.initial):
                p.copy_(initial)
        kept = [self.step() for _ in range(steps)]
        return {name: torch.stack([losses[name] for losses in kept]).mean().item()
                for name in kept[0]}

    def introduction(self):
        with open("/proc/self/maps", encoding="ascii") as maps:
            blas = sorted(set(re.findall(r"/\S*/lib(?:blas|openblas|blis|mkl)\S*", maps.read())))
        a, start = torch.randn(PRODUCT, PRODUCT), time.process_time()
        torch.mm(a, a)
        return {"weights": sum(p.numel() for p in self.main + self.against),
                "phases": self.plan["model.adversary.steps"] + 1,
                "torch": torch.__version__, "blas": blas,
                "gflops": 2e-9 * PRODUCT**3 / (time.process_time() - start)}


def main():
    batch, threads, plain = int(sys.argv[1]), int(sys.argv[2]), "plain" in sys.argv[3:]
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    site = Site(json.loads(sys.stdin.readline()), batch, plain)
    print(json.dumps(site.introduction()), flush=True)
    for line in sys.stdin:
        clock, used = time.perf_counter(), time.process_time()
        losses = site.turn(int(line))
        print(json.dumps({"seconds": time.perf_counter() - clock,
                          "processor_seconds": time.process_time() - used,
                          "losses": losses}), flush=True)


main()
