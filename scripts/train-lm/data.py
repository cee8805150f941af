"""Turns the grammar into a tokenizer and into batches: byte-level BPE with chat markers, padded dialogues, answer-only loss."""
import random

import numpy as np
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from grammar import dialogue

PAD, BEGIN, SYSTEM, USER, ASSISTANT, END = SPECIALS = (
    "<|pad|>", "<|begin|>", "<|system|>", "<|user|>", "<|assistant|>", "<|end|>")
CHAT_TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}{{ '<|' + message['role'] + '|>' + message['content'] + '<|end|>' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
)


def train_tokenizer(vocab, seed, dialogues=12000):
    rng = random.Random(seed)
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=vocab, special_tokens=list(SPECIALS), show_progress=False,
                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator((text for _ in range(dialogues) for _, text in dialogue(rng)), trainer)
    return tokenizer


def encode(tokenizer, turns):
    """Token ids of one dialogue and, for each, whether the loss counts it: only what the assistant says, and its end."""
    ids, counted = [tokenizer.token_to_id(BEGIN)], [False]
    for role, text in turns:
        body = tokenizer.encode(text).ids + [tokenizer.token_to_id(END)]
        ids += [tokenizer.token_to_id(f"<|{role}|>")] + body
        counted += [False] + [role == "assistant"] * len(body)
    return ids, counted


def batches(tokenizer, seed, count, size, max_length):
    """Yields `count` batches (inputs, targets) in a fixed order; targets are -100 where nothing is learned.

    Dialogues are drawn in groups of 16 batches and sorted by length inside a group, so that little is padding.
    """
    rng = random.Random(seed)
    made = 0
    while made < count:
        group = sorted((encode(tokenizer, dialogue(rng)) for _ in range(size * 16)), key=lambda item: len(item[0]))
        chunks = [group[i:i + size] for i in range(0, len(group), size)]
        rng.shuffle(chunks)
        for chunk in chunks[: count - made]:
            made += 1
            yield pad(tokenizer, chunk, max_length)


def pad(tokenizer, chunk, max_length):
    length = min(max(len(ids) for ids, _ in chunk), max_length)
    inputs = np.full((len(chunk), length), tokenizer.token_to_id(PAD), dtype=np.int64)
    targets = np.full((len(chunk), length), -100, dtype=np.int64)
    for row, (ids, counted) in enumerate(chunk):
        ids, counted = ids[: length + 1], counted[: length + 1]
        inputs[row, : min(len(ids), length)] = ids[:length]
        shifted = [token if learn else -100 for token, learn in zip(ids[1:], counted[1:])]
        targets[row, : len(shifted)] = shifted
    return torch.from_numpy(inputs), torch.from_numpy(targets)
