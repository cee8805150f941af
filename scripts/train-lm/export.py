"""Writes a trained checkpoint as a Hugging Face style model directory: config, tokenizer, chat template and an ONNX decoder.

The graph follows optimum's convention for decoders with a key/value cache (input_ids, attention_mask, position_ids,
past_key_values.N.key/value -> logits, present.N.key/value), so that the product loads it like any other exported decoder.
Weights are stored as 16-bit floats and cast once when a runtime loads them. Ends with a check against the torch model.
"""
import argparse
import hashlib
import json
import pathlib

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer

from data import ASSISTANT, BEGIN, CHAT_TEMPLATE, END, PAD, SPECIALS
from model import Decoder, Shape


class Graph:
    def __init__(self):
        self.nodes, self.tensors, self.known = [], [], set()

    def add(self, operator, *inputs, outputs=None, **attributes):
        names = outputs or [f"t{len(self.nodes)}"]
        self.nodes.append(helper.make_node(operator, list(inputs), names, **attributes))
        return names[0]

    def constant(self, name, value, dtype):
        if name not in self.known:
            self.known.add(name)
            self.tensors.append(numpy_helper.from_array(np.asarray(value, dtype=dtype), name))
        return name

    def ints(self, *values):
        return self.constant("i" + "_".join(str(value) for value in values), values, np.int64)

    def weight(self, name, value):
        half = self.constant(name, value.detach().numpy(), np.float16)
        return self.add("Cast", half, to=TensorProto.FLOAT, outputs=[f"{name}.f32"])

    def norm(self, x, name, weight, epsilon):
        mean = self.add("ReduceMean", self.add("Mul", x, x), axes=[-1], keepdims=1)
        root = self.add("Sqrt", self.add("Add", mean, self.constant("epsilon", epsilon, np.float32)))
        return self.add("Mul", self.add("Div", x, root), self.weight(name, weight))


def attention_bias(graph):
    """[batch, 1, queries, keys]: 0 where a query may look (an earlier or the same position that is no padding), else -1e9."""
    queries = graph.add("Squeeze", graph.add("Shape", "input_ids", start=1, end=2))
    keys = graph.add("Squeeze", graph.add("Shape", "attention_mask", start=1, end=2))
    zero, one = graph.constant("zero", 0, np.int64), graph.constant("one", 1, np.int64)
    key_positions = graph.add("Range", zero, keys, one)
    query_positions = graph.add("Add", graph.add("Range", zero, queries, one), graph.add("Sub", keys, queries))
    causal = graph.add("LessOrEqual", key_positions, graph.add("Unsqueeze", query_positions, graph.ints(1)))
    real = graph.add("Unsqueeze", graph.add("Cast", "attention_mask", to=TensorProto.BOOL), graph.ints(1, 2))
    allowed = graph.add("And", graph.add("Unsqueeze", causal, graph.ints(0, 1)), real)
    return graph.add("Where", allowed, graph.constant("open", 0, np.float32), graph.constant("shut", -1e9, np.float32))


def rotary(graph, model):
    """cos and sin of the given position_ids, [batch, 1, length, head_width]."""
    return [graph.add("Unsqueeze", graph.add("Gather", graph.constant(name, table.numpy(), np.float32), "position_ids"), graph.ints(1))
            for name, table in (("cos", model.cos), ("sin", model.sin))]


def rotate(graph, x, cos, sin, head_width):
    low = graph.add("Slice", x, graph.ints(0), graph.ints(head_width // 2), graph.ints(3))
    high = graph.add("Slice", x, graph.ints(head_width // 2), graph.ints(head_width), graph.ints(3))
    turned = graph.add("Concat", graph.add("Neg", high), low, axis=-1)
    return graph.add("Add", graph.add("Mul", x, cos), graph.add("Mul", turned, sin))


def decoder_layer(graph, x, index, layer, shape, bias, cos, sin):
    linear = lambda t, name, module: graph.add("MatMul", t, graph.weight(f"layers.{index}.{name}", module.weight.T))
    normal = graph.norm(x, f"layers.{index}.attention_norm", layer.attention_norm.weight, shape.epsilon)
    split = lambda t: graph.add("Transpose", graph.add("Reshape", t, graph.ints(0, 0, shape.heads, shape.head_width)), perm=[0, 2, 1, 3])
    query = rotate(graph, split(linear(normal, "query", layer.query)), cos, sin, shape.head_width)
    key = rotate(graph, split(linear(normal, "key", layer.key)), cos, sin, shape.head_width)
    value = split(linear(normal, "value", layer.value))
    key = graph.add("Concat", f"past_key_values.{index}.key", key, axis=2, outputs=[f"present.{index}.key"])
    value = graph.add("Concat", f"past_key_values.{index}.value", value, axis=2, outputs=[f"present.{index}.value"])
    scale = graph.constant("attention_scale", shape.head_width ** -0.5, np.float32)
    scores = graph.add("MatMul", graph.add("Mul", query, scale), graph.add("Transpose", key, perm=[0, 1, 3, 2]))
    attention = graph.add("Softmax", graph.add("Add", scores, bias), axis=-1)
    mixed = graph.add("Transpose", graph.add("MatMul", attention, value), perm=[0, 2, 1, 3])
    x = graph.add("Add", x, linear(graph.add("Reshape", mixed, graph.ints(0, 0, shape.width)), "output", layer.output))
    normal = graph.norm(x, f"layers.{index}.mlp_norm", layer.mlp_norm.weight, shape.epsilon)
    gate = linear(normal, "gate", layer.gate)
    hidden = graph.add("Mul", graph.add("Mul", gate, graph.add("Sigmoid", gate)), linear(normal, "up", layer.up))
    return graph.add("Add", x, linear(hidden, "down", layer.down))


def build(model):
    shape, graph = model.shape, Graph()
    bias, (cos, sin) = attention_bias(graph), rotary(graph, model)
    embedding = graph.weight("embedding", model.embedding.weight)
    x = graph.add("Gather", embedding, "input_ids")
    for index, layer in enumerate(model.layers):
        x = decoder_layer(graph, x, index, layer, shape, bias, cos, sin)
    x = graph.norm(x, "norm", model.norm.weight, shape.epsilon)
    graph.add("MatMul", x, graph.add("Transpose", embedding, perm=[1, 0]), outputs=["logits"])
    value = helper.make_tensor_value_info
    cache = lambda prefix, length: [value(f"{prefix}.{i}.{kind}", TensorProto.FLOAT, ["batch", shape.heads, length, shape.head_width])
                                    for i in range(shape.layers) for kind in ("key", "value")]
    inputs = [value("input_ids", TensorProto.INT64, ["batch", "length"]),
              value("attention_mask", TensorProto.INT64, ["batch", "total_length"]),
              value("position_ids", TensorProto.INT64, ["batch", "length"]), *cache("past_key_values", "past_length")]
    outputs = [value("logits", TensorProto.FLOAT, ["batch", "length", shape.vocab]), *cache("present", "total_length")]
    built = helper.make_model(helper.make_graph(graph.nodes, "sluice-stories", inputs, outputs, graph.tensors),
                              opset_imports=[helper.make_opsetid("", 17)], producer_name="sluice", ir_version=8)
    onnx.checker.check_model(built, full_check=True)
    return built


def configurations(shape, tokenizer):
    ids = {token: tokenizer.token_to_id(token) for token in SPECIALS}
    return {
        "config.json": dict(
            architectures=["LlamaForCausalLM"], model_type="llama", vocab_size=shape.vocab, hidden_size=shape.width,
            num_hidden_layers=shape.layers, num_attention_heads=shape.heads, num_key_value_heads=shape.heads,
            head_dim=shape.head_width, intermediate_size=shape.hidden, max_position_embeddings=shape.positions,
            rope_theta=shape.rope_theta, rms_norm_eps=shape.epsilon, hidden_act="silu", tie_word_embeddings=True,
            bos_token_id=ids[BEGIN], eos_token_id=ids[END], pad_token_id=ids[PAD], torch_dtype="float16"),
        "generation_config.json": dict(bos_token_id=ids[BEGIN], eos_token_id=ids[END], pad_token_id=ids[PAD],
                                       do_sample=True, temperature=0.7, top_p=0.95, max_new_tokens=256),
        "tokenizer_config.json": dict(
            tokenizer_class="PreTrainedTokenizerFast", bos_token=BEGIN, eos_token=END, pad_token=PAD,
            model_max_length=shape.positions, clean_up_tokenization_spaces=False, chat_template=CHAT_TEMPLATE),
    }


def check_against_torch(model, tokenizer, path):
    """Prefill and then single steps through the cache must give torch's logits (16-bit weights: within 0.05)."""
    import onnxruntime

    ids = tokenizer.encode(f"{BEGIN}<|user|>Tell me a story about a fox and a kite.{END}{ASSISTANT}Once upon a time").ids
    with torch.no_grad():
        expected = model(torch.tensor([ids]))[0].numpy()
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    shape, worst = model.shape, 0.0
    past = [np.zeros((1, shape.heads, 0, shape.head_width), np.float32)] * (2 * shape.layers)
    names = [value.name for value in session.get_inputs()][3:]
    for start, end in [(0, 7)] + [(i, i + 1) for i in range(7, len(ids))]:
        feed = dict(input_ids=np.array([ids[start:end]]), attention_mask=np.ones((1, end), np.int64),
                    position_ids=np.arange(start, end)[None], **dict(zip(names, past)))
        logits, *past = session.run(None, feed)
        worst = max(worst, float(np.abs(logits[0] - expected[start:end]).max()))
    if worst > 0.05:
        raise SystemExit(f"the ONNX model differs from torch by {worst}")
    print(f"agrees with torch within {worst:.4f}")


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--run", type=pathlib.Path, required=True, help="the --out directory of train.py")
    arguments.add_argument("--to", type=pathlib.Path, required=True, help="the model directory to write")
    options = arguments.parse_args()
    torch.set_num_threads(1)
    checkpoint = torch.load(options.run / "checkpoint.pt")
    model = Decoder(Shape(**checkpoint["shape"]))
    model.load_state_dict(checkpoint["weights"])
    tokenizer = Tokenizer.from_file(str(options.run / "tokenizer.json"))
    (options.to / "onnx").mkdir(parents=True, exist_ok=True)
    path = options.to / "onnx" / "model.onnx"
    onnx.save(build(model), str(path))
    check_against_torch(model, tokenizer, path)
    tokenizer.save(str(options.to / "tokenizer.json"), pretty=False)
    for name, content in configurations(model.shape, tokenizer).items():
        (options.to / name).write_text(json.dumps(content, indent=2) + "\n")
    (options.to / "loss-log.jsonl").write_text((options.run / "loss-log.jsonl").read_text())
    files = sorted(file for file in options.to.rglob("*") if file.is_file() and file.name not in ("SHA256SUMS", "README.md"))
    sums = [f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.relative_to(options.to)}\n" for file in files]
    (options.to / "SHA256SUMS").write_text("".join(sums))


if __name__ == "__main__":
    main()
