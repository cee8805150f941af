"""Trains sluice-stories from nothing: tokenizer, then weights, then a checkpoint and a loss log in --out.

Deterministic for one machine and torch version: fixed seeds, one thread, a fixed number of steps. 20-second smoke run:
`python train.py --out /tmp/smoke --steps 60`; the run of record is in README.md beside the weights.
"""
import argparse
import json
import math
import pathlib
import time

import torch
import torch.nn.functional as F

from data import batches, train_tokenizer
from model import Decoder, Shape

MAX_LENGTH = 400
VALIDATION_SEED = 900_001


class Orthogonal(torch.optim.Optimizer):
    """Momentum whose update matrix is replaced by its nearest orthogonal one (Muon, K. Jordan et al. 2024).

    Chosen over plain AdamW because the budget is a quarter of an hour on one core: on this task it needs fewer tokens.
    """

    def __init__(self, weights, rate, momentum=0.95):
        super().__init__(list(weights), dict(lr=rate, momentum=momentum))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for weight in group["params"]:
                state = self.state[weight]
                velocity = state.setdefault("velocity", torch.zeros_like(weight))
                velocity.lerp_(weight.grad, 1 - group["momentum"])
                update = orthogonalise(weight.grad.lerp(velocity, group["momentum"]))
                weight.mul_(1 - group["lr"] * 0.05)
                weight.add_(update, alpha=-group["lr"] * max(1.0, weight.shape[0] / weight.shape[1]) ** 0.5)


def orthogonalise(matrix, rounds=5):
    """Newton-Schulz iteration with the quintic coefficients of the Muon write-up: singular values end in about 0.7..1.2."""
    a, b, c = 3.4445, -4.7750, 2.0315
    tall = matrix.shape[0] > matrix.shape[1]
    x = matrix.T if tall else matrix
    x = x / (x.norm() + 1e-7)
    for _ in range(rounds):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.T if tall else x


def loss_of(model, inputs, targets):
    return F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten(), ignore_index=-100)


@torch.no_grad()
def validation_loss(model, tokenizer):
    """Mean loss per answer token over dialogues of a seed that training never draws from."""
    total, tokens = 0.0, 0
    for inputs, targets in batches(tokenizer, VALIDATION_SEED, 8, 24, MAX_LENGTH):
        counted = int((targets != -100).sum())
        total += loss_of(model, inputs, targets).item() * counted
        tokens += counted
    return total / tokens


def rate_at(step, steps):
    """Linear warm-up over 40 steps, flat, then linear decay to zero over the last half."""
    return min(1.0, (step + 1) / 40, max(0.0, (steps - step) / (steps * 0.5)))


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--out", type=pathlib.Path, required=True)
    arguments.add_argument("--steps", type=int, default=2100)
    arguments.add_argument("--batch", type=int, default=16)
    arguments.add_argument("--seed", type=int, default=20)
    options = arguments.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)

    shape = Shape()
    tokenizer = train_tokenizer(shape.vocab, options.seed)
    tokenizer.save(str(options.out / "tokenizer.json"))
    model = Decoder(shape)
    matrices = [weight for name, weight in model.named_parameters() if weight.dim() == 2 and "layers" in name]
    rest = [weight for name, weight in model.named_parameters() if weight.dim() != 2 or "layers" not in name]
    optimizers = [(Orthogonal(matrices, 0.02), 0.02),
                  (torch.optim.AdamW(rest, lr=0.004, betas=(0.9, 0.95), weight_decay=0.01), 0.004)]
    print(f"parameters {sum(weight.numel() for weight in model.parameters())} vocabulary {tokenizer.get_vocab_size()}", flush=True)

    log, started, seen, answers = [], time.time(), 0, 0
    for step, (inputs, targets) in enumerate(batches(tokenizer, options.seed + 1, options.steps, options.batch, MAX_LENGTH)):
        for optimizer, rate in optimizers:
            for group in optimizer.param_groups:
                group["lr"] = rate * rate_at(step, options.steps)
        loss = loss_of(model, inputs, targets)
        model.zero_grad(set_to_none=True)
        loss.backward()
        for optimizer, _ in optimizers:
            optimizer.step()
        seen += inputs.numel()
        answers += int((targets != -100).sum())
        if step % 50 == 49 or step + 1 == options.steps:
            entry = dict(step=step + 1, seconds=round(time.time() - started), tokens=seen, answerTokens=answers, trainLoss=round(loss.item(), 4))
            if step % 250 == 249 or step + 1 == options.steps:
                held_out = validation_loss(model, tokenizer)
                entry |= dict(validationLoss=round(held_out, 4), validationPerplexity=round(math.exp(held_out), 4))
            log.append(entry)
            print(json.dumps(entry), flush=True)
    torch.save(dict(shape=shape.as_dict(), weights=model.state_dict()), options.out / "checkpoint.pt")
    (options.out / "loss-log.jsonl").write_text("".join(json.dumps(entry) + "\n" for entry in log))


if __name__ == "__main__":
    main()
