"""The network of sluice-stories: a standard llama decoder (RMSNorm, rotary positions, SwiGLU, tied embeddings) in plain torch.

Only training and evaluation use it; the product runs the ONNX file that export.py writes, and export.py checks both agree.
"""
from dataclasses import asdict, dataclass

import torch
import torch.nn.functional as F
from torch import nn


@dataclass(frozen=True)
class Shape:
    """1.1 M parameters: what one core can train on a few million tokens in a quarter of an hour."""

    vocab: int = 1024
    width: int = 128
    layers: int = 5
    heads: int = 4
    hidden: int = 344
    positions: int = 512
    rope_theta: float = 10000.0
    epsilon: float = 1e-5

    @property
    def head_width(self):
        return self.width // self.heads

    as_dict = asdict


def rotary_tables(shape):
    """cos and sin of shape [positions, head_width], in the half-split layout that Hugging Face's llama uses."""
    inverse = shape.rope_theta ** (-torch.arange(0, shape.head_width, 2).double() / shape.head_width)
    angle = torch.outer(torch.arange(shape.positions).double(), inverse)
    angle = torch.cat([angle, angle], dim=-1)
    return angle.cos().float(), angle.sin().float()


def rotate(x, cos, sin):
    low, high = x.chunk(2, dim=-1)
    return x * cos + torch.cat([-high, low], dim=-1) * sin


class RootMeanSquareNorm(nn.Module):
    def __init__(self, width, epsilon):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.epsilon = epsilon

    def forward(self, x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.epsilon) * self.weight


class Layer(nn.Module):
    def __init__(self, shape):
        super().__init__()
        linear = lambda rows, columns: nn.Linear(rows, columns, bias=False)
        self.heads = shape.heads
        self.attention_norm = RootMeanSquareNorm(shape.width, shape.epsilon)
        self.query, self.key = linear(shape.width, shape.width), linear(shape.width, shape.width)
        self.value, self.output = linear(shape.width, shape.width), linear(shape.width, shape.width)
        self.mlp_norm = RootMeanSquareNorm(shape.width, shape.epsilon)
        self.gate, self.up = linear(shape.width, shape.hidden), linear(shape.width, shape.hidden)
        self.down = linear(shape.hidden, shape.width)

    def forward(self, x, cos, sin, bias):
        batch, length, width = x.shape
        normal = self.attention_norm(x)
        split = lambda t: t.view(batch, length, self.heads, -1).transpose(1, 2)
        query = rotate(split(self.query(normal)), cos, sin)
        key = rotate(split(self.key(normal)), cos, sin)
        score = query @ key.transpose(-1, -2) * (width // self.heads) ** -0.5 + bias
        mixed = (score.softmax(-1) @ split(self.value(normal))).transpose(1, 2).reshape(batch, length, width)
        x = x + self.output(mixed)
        normal = self.mlp_norm(x)
        return x + self.down(F.silu(self.gate(normal)) * self.up(normal))


class Decoder(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.shape = shape
        self.embedding = nn.Embedding(shape.vocab, shape.width)
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.layers))
        self.norm = RootMeanSquareNorm(shape.width, shape.epsilon)
        cos, sin = rotary_tables(shape)
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)
        for name, weight in self.named_parameters():
            if weight.dim() == 2:
                residual = name.endswith(("output.weight", "down.weight"))
                nn.init.normal_(weight, std=0.02 / (2 * shape.layers) ** 0.5 if residual else 0.02)

    def forward(self, ids):
        length = ids.shape[1]
        bias = torch.full((length, length), float("-inf")).triu(1)
        x = self.embedding(ids)
        for layer in self.layers:
            x = layer(x, self.cos[:length], self.sin[:length], bias)
        return self.norm(x) @ self.embedding.weight.T
