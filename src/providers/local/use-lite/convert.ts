// Builds the ONNX graph of Universal Sentence Encoder lite from its weights. Names of inputs and outputs follow the Hugging
// Face convention, so that the same engine code runs this model and any exported encoder. It writes no file.

import { elementType, encodeOnnxModel, type OnnxAttribute, type OnnxNode, type OnnxTensor } from './onnx-model.ts';
import type { Dense, Normalisation, TransformerLayerWeights, UseLiteWeights, Weight } from './weights.ts';

/** What the model reads at most; the rest of a longer text is cut off. */
export const useLiteMaxTokens = 128;
/** Length of its vectors. */
export const useLiteDimensions = 512;
/** Counted up when the graph changes, so that files made by older code are made again. */
export const useLiteGraphVersion = 1;

const heads = 4;
const epsilon = 1e-6;

/**
 * Weights stay within 7 bits: CPUs without VNNI add pairs of 8-bit products in 16 bits and would saturate, so that the same
 * text had other vectors on another machine. On STS-B the 8th bit gains nothing (Spearman .7816 with 7 and with 8 bits).
 */
const maxLevel = 63;

/**
 * How matrix products are computed. `int8` (weights and activations as integers) is what runs: 4.5 times as fast as `fp32` at
 * equal quality (docs/adr/0004-local-engine.md). `fp32` reproduces the original and proves the graph.
 */
export type Precision = 'fp32' | 'int8';

/**
 * The model as an ONNX file. Inputs `input_ids` and `attention_mask` are int64 [batch, length]; the output
 * `sentence_embedding` is float [batch, 512] with L2 norm 1. A row without any token becomes the vector of an empty mean.
 */
export function convertUseLite(weights: UseLiteWeights, precision: Precision): Uint8Array {
  const graph = new GraphBuilder(precision);
  const mask = graph.add('Cast', ['attention_mask'], { to: elementType.float32 });
  let x = embedded(graph, weights);
  const bias = attentionBias(graph, mask);
  const [first, second] = weights.layers;
  x = transformerLayer(graph, {
    x,
    bias,
    name: 'layer0',
    weights: first,
    residual: graph.dense(x, weights.widen, 'widen'),
  });
  x = transformerLayer(graph, { x, bias, name: 'layer1', weights: second, residual: x });
  const sentence = graph.add('Tanh', [graph.dense(maskedMean(graph, x, mask), weights.output, 'output')]);
  graph.normalised(sentence, 'sentence_embedding');
  const dims = ['batch', 'length'];
  return encodeOnnxModel({
    name: 'use-lite',
    producer: 'sluice',
    opset: 17,
    nodes: graph.nodes,
    tensors: graph.tensors,
    inputs: [
      { name: 'input_ids', type: elementType.int64, dims },
      { name: 'attention_mask', type: elementType.int64, dims },
    ],
    outputs: [{ name: 'sentence_embedding', type: elementType.float32, dims: ['batch', useLiteDimensions] }],
  });
}

/** Twice the embedding plus the position signal: sines in the first half of the width, cosines in the second. */
function embedded(graph: GraphBuilder, weights: UseLiteWeights): string {
  const half = weights.frequencies.data;
  const width = half.length * 2;
  const signal = new Float32Array(useLiteMaxTokens * width);
  for (let position = 0; position < useLiteMaxTokens; position += 1) {
    half.forEach((frequency, i) => {
      signal[position * width + i] = Math.sin(position * frequency);
      signal[position * width + half.length + i] = Math.cos(position * frequency);
    });
  }
  const token = graph.add('Gather', [graph.weight('embeddings', weights.embeddings), 'input_ids']);
  const length = graph.add('Slice', [
    graph.add('Shape', ['input_ids']),
    graph.integers('one', [1]),
    graph.integers('two', [2]),
    graph.integers('zero', [0]),
  ]);
  const table = graph.weight('positions', { dims: [useLiteMaxTokens, width], data: signal });
  return graph.add('Add', [graph.add('Add', [token, token]), graph.add('Slice', [table, 'zero', length, 'zero'])]);
}

/** 0 where there is a token and -1e9 where there is padding, shaped to be added to attention scores. */
function attentionBias(graph: GraphBuilder, mask: string): string {
  const one = graph.scalar('mask.one', 1);
  const penalty = graph.add('Mul', [graph.add('Sub', [mask, one]), graph.scalar('mask.penalty', 1e9)]);
  return graph.add('Unsqueeze', [penalty, graph.integers('mask.axes', [1, 2])]);
}

interface LayerInput {
  readonly x: string;
  readonly bias: string;
  readonly name: string;
  readonly weights: TransformerLayerWeights;
  /** What the attention's output is added to. */
  readonly residual: string;
}

function transformerLayer(graph: GraphBuilder, layer: LayerInput): string {
  const { weights, name } = layer;
  const width = weights.qkv.kernel.dims[0] ?? 0;
  const headWidth = width / heads;
  const qkv = graph.dense(graph.norm(layer.x, weights.attentionNorm, `${name}.norm1`), weights.qkv, `${name}.qkv`);
  const [query = '', key = '', value = ''] = graph.split(qkv, [width, width, width], `${name}.split`);
  const shape = graph.integers(`${name}.heads`, [0, 0, heads, headWidth]);
  const perHead = (tensor: string, perm: readonly number[]): string =>
    graph.add('Transpose', [graph.add('Reshape', [tensor, shape])], { perm });
  const scaled = graph.add('Mul', [perHead(query, [0, 2, 1, 3]), graph.scalar(`${name}.scale`, headWidth ** -0.5)]);
  const scores = graph.add('MatMul', [scaled, perHead(key, [0, 2, 3, 1])]);
  const attention = graph.add('Softmax', [graph.add('Add', [scores, layer.bias])], { axis: -1 });
  const mixed = graph.add('Transpose', [graph.add('MatMul', [attention, perHead(value, [0, 2, 1, 3])])], {
    perm: [0, 2, 1, 3],
  });
  const merged = graph.add('Reshape', [mixed, graph.integers(`${name}.merged`, [0, 0, width])]);
  const attended = graph.add('Add', [graph.dense(merged, weights.attentionOutput, `${name}.out`), layer.residual]);
  const normal = graph.norm(attended, weights.feedForwardNorm, `${name}.norm2`);
  const hidden = graph.add('Relu', [graph.dense(normal, weights.expand, `${name}.expand`)]);
  return graph.add('Add', [graph.dense(hidden, weights.contract, `${name}.contract`), attended]);
}

/** Mean over the tokens that are not padding; a row of padding alone gives zeros instead of a division by zero. */
function maskedMean(graph: GraphBuilder, x: string, mask: string): string {
  const column = graph.add('Unsqueeze', [mask, graph.integers('mean.axis', [2])]);
  const sum = graph.add('ReduceSum', [graph.add('Mul', [x, column]), 'one'], { keepdims: 0 });
  const count = graph.add('ReduceSum', [mask, 'one'], { keepdims: 1 });
  return graph.add('Div', [sum, graph.add('Max', [count, 'mask.one'])]);
}

/** Collects the nodes and constants of one graph. */
class GraphBuilder {
  readonly nodes: OnnxNode[] = [];
  readonly tensors: OnnxTensor[] = [];
  readonly #precision: Precision;

  constructor(precision: Precision) {
    this.#precision = precision;
  }

  /** Adds an operator with one output and returns the output's name. */
  add(operator: string, inputs: readonly string[], attributes: Readonly<Record<string, OnnxAttribute>> = {}): string {
    const output = `t${this.nodes.length}`;
    this.nodes.push({ operator, inputs, outputs: [output], attributes });
    return output;
  }

  weight(name: string, weight: Weight): string {
    const data = new Uint8Array(weight.data.buffer, weight.data.byteOffset, weight.data.byteLength);
    this.tensors.push({ name, type: elementType.float32, dims: weight.dims, data });
    return name;
  }

  scalar(name: string, value: number): string {
    return this.weight(name, { dims: [], data: Float32Array.of(value) });
  }

  integers(name: string, values: readonly number[]): string {
    const data = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
    this.tensors.push({ name, type: elementType.int64, dims: [values.length], data });
    return name;
  }

  split(input: string, sizes: readonly number[], name: string): readonly string[] {
    const outputs = sizes.map((_, part) => `${name}.${part}`);
    this.nodes.push({
      operator: 'Split',
      inputs: [input, this.integers(`${name}.sizes`, sizes)],
      outputs,
      attributes: { axis: -1 },
    });
    return outputs;
  }

  norm(input: string, norm: Normalisation, name: string): string {
    const inputs = [input, this.weight(`${name}.scale`, norm.scale), this.weight(`${name}.bias`, norm.bias)];
    return this.add('LayerNormalization', inputs, { axis: -1, epsilon: { float: epsilon } });
  }

  dense(input: string, dense: Dense, name: string): string {
    const bias = this.weight(`${name}.bias`, dense.bias);
    if (this.#precision === 'fp32') {
      return this.add('Add', [this.add('MatMul', [input, this.weight(`${name}.kernel`, dense.kernel)]), bias]);
    }
    const kernel = this.#quantised(`${name}.kernel`, dense.kernel);
    const [levels, scale, zero] = [`${name}.levels`, `${name}.scale`, `${name}.zero`];
    this.nodes.push({
      operator: 'DynamicQuantizeLinear',
      inputs: [input],
      outputs: [levels, scale, zero],
      attributes: {},
    });
    const product = this.add('MatMulInteger', [levels, kernel.levels, zero, kernel.zeros]);
    const real = this.add('Mul', [
      this.add('Cast', [product], { to: elementType.float32 }),
      this.add('Mul', [scale, kernel.scales]),
    ]);
    return this.add('Add', [real, bias]);
  }

  /** The input divided by its L2 norm, as the graph's output. */
  normalised(input: string, output: string): void {
    const squares = this.add('ReduceSum', [this.add('Mul', [input, input]), 'one'], { keepdims: 1 });
    const length = this.add('Sqrt', [this.add('Max', [squares, this.scalar('norm.floor', 1e-12)])]);
    this.nodes.push({ operator: 'Div', inputs: [input, length], outputs: [output], attributes: {} });
  }

  /** Symmetric integer levels with one scale per output column. */
  #quantised(name: string, kernel: Weight): { levels: string; scales: string; zeros: string } {
    const [rows = 0, columns = 0] = kernel.dims;
    const { data } = kernel;
    const scales = new Float32Array(columns);
    for (let i = 0; i < data.length; i += 1) {
      const column = i % columns;
      scales[column] = Math.max(scales[column] ?? 0, Math.abs(data[i] ?? 0) / maxLevel);
    }
    const levels = new Int8Array(data.length);
    for (let i = 0; i < data.length; i += 1) levels[i] = Math.round((data[i] ?? 0) / (scales[i % columns] || 1));
    const type = elementType.int8;
    this.tensors.push({ name: `${name}.levels`, type, dims: [rows, columns], data: new Uint8Array(levels.buffer) });
    this.tensors.push({ name: `${name}.zeros`, type, dims: [columns], data: new Uint8Array(columns) });
    return {
      levels: `${name}.levels`,
      scales: this.weight(`${name}.scales`, { dims: [columns], data: scales }),
      zeros: `${name}.zeros`,
    };
  }
}
