"""Scores a model directory on prompts that training never saw: perplexity of answers, and how often a story mentions what was
asked for. Runs the exported ONNX file, not torch, so it measures what ships.
"""
import argparse
import math
import pathlib
import random

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from data import BEGIN, END, encode
from grammar import dialogue, story_turn

SEED = 700_003


class Runner:
    def __init__(self, directory):
        self.tokenizer = Tokenizer.from_file(str(directory / "tokenizer.json"))
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(str(directory / "onnx" / "model.onnx"), options, ["CPUExecutionProvider"])
        self.cache = self.session.get_inputs()[3:]

    def step(self, ids, past, seen):
        past = past or [np.zeros((1, value.shape[1], 0, value.shape[3]), np.float32) for value in self.cache]
        feed = dict(input_ids=np.array([ids]), attention_mask=np.ones((1, seen + len(ids)), np.int64),
                    position_ids=np.arange(seen, seen + len(ids))[None], **{v.name: p for v, p in zip(self.cache, past)})
        logits, *past = self.session.run(None, feed)
        return logits[0], past

    def answer(self, prompt, rng=None, temperature=0.7, limit=256):
        """Greedy without rng."""
        ids = self.tokenizer.encode(f"{BEGIN}<|user|>{prompt}{END}<|assistant|>").ids
        logits, past = self.step(ids, None, 0)
        out, end = [], self.tokenizer.token_to_id(END)
        while len(out) < limit:
            row = logits[-1]
            if rng is None:
                token = int(row.argmax())
            else:
                weights = np.exp((row - row.max()) / temperature)
                token = rng.choices(range(len(row)), weights)[0]
            if token == end:
                break
            out.append(token)
            logits, past = self.step([token], past, len(ids) + len(out) - 1)
        return self.tokenizer.decode(out)


def perplexity(runner, dialogues=200):
    rng, total, count = random.Random(SEED), 0.0, 0
    for _ in range(dialogues):
        ids, counted = encode(runner.tokenizer, dialogue(rng))
        logits, _ = runner.step(ids, None, 0)
        shifted = logits - logits.max(-1, keepdims=True)
        log_probs = shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))
        for i in range(len(ids) - 1):
            if counted[i + 1]:
                total -= log_probs[i, ids[i + 1]]
                count += 1
    return math.exp(total / count)


def mention_rate(runner, prompts, sample):
    rng, asked, found, whole = random.Random(SEED + 1), 0, 0, 0
    for _ in range(prompts):
        prompt, _, words = story_turn(rng)
        text = runner.answer(prompt, random.Random(rng.random()) if sample else None)
        hits = sum(word in text for word in words)
        asked, found, whole = asked + len(words), found + hits, whole + (hits == len(words))
    return found / asked, whole / prompts


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("directory", type=pathlib.Path)
    arguments.add_argument("--prompts", type=int, default=200)
    options = arguments.parse_args()
    runner = Runner(options.directory)
    print(f"perplexity per answer token: {perplexity(runner):.3f}")
    for sample in (False, True):
        words, prompts = mention_rate(runner, options.prompts, sample)
        print(f"{'temperature 0.7' if sample else 'greedy'}: {words:.1%} of asked words appear, {prompts:.1%} of stories have all of them")
    rng = random.Random(SEED + 2)
    for prompt in ("Tell me a short story about a fox and a kite.", "Write a story about a penguin, a whale and a lamp.",
                   "Tell me a story about a dinosaur and a spaceship.", "Hello!", "What is the capital of France?",
                   "Write a story about a girl named Ruby and a lantern in the forest. It should teach sharing."):
        print(f"\n> {prompt}\n{runner.answer(prompt, rng)}")


if __name__ == "__main__":
    main()
