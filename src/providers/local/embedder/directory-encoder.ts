// Any Hugging Face sentence encoder (BERT, MiniLM, BGE, E5, GTE, …) exported to ONNX, as a text encoder.

import type * as ort from 'onnxruntime-node';
import type { JsonObject } from '../../../core/json.ts';
import { invalid, openSession, positiveInteger, readJson, requireJson } from '../engine/model-directory.ts';
import type { Pooling } from '../engine/protocol.ts';
import { loadTokenizer, type TextTokenizer } from '../engine/text-tokenizer.ts';
import { integerTensor } from './integer-tensor.ts';
import { normalise, type TextEncoder } from './text-encoder.ts';

/** BERT's own limit, for directories that state none. */
const usualMaxTokens = 512;

/** Inputs that the engine can fill. */
const knownInputs: ReadonlySet<string> = new Set(['input_ids', 'attention_mask', 'token_type_ids', 'position_ids']);

/**
 * Loads an encoder from a directory. `pooling` overrides what the directory says in `1_Pooling/config.json` (the file of
 * sentence-transformers); without both, the mean of the token vectors is taken. Rejects with `config_invalid`.
 */
export async function createDirectoryEncoder(
  dir: string,
  intraOpThreads: number,
  pooling?: Pooling,
): Promise<TextEncoder> {
  const [config, sentence, pool, tokenizerConfig, tokenizer] = await Promise.all([
    requireJson(dir, 'config.json'),
    readJson(dir, 'sentence_bert_config.json'),
    readJson(dir, '1_Pooling/config.json'),
    readJson(dir, 'tokenizer_config.json'),
    loadTokenizer(dir),
  ]);
  let session: ort.InferenceSession | undefined = await openSession(dir, intraOpThreads);
  const { inputNames } = session;
  const unknown = inputNames.find((name) => !knownInputs.has(name));
  if (unknown !== undefined) throw invalid(dir, `the graph wants an input ${unknown}, which no text encoder has`);
  const outputName = chooseOutput(dir, session.outputNames);
  const how = pooling ?? poolingOf(dir, pool);
  const maxTokens = maxTokensOf(config, sentence, tokenizerConfig);
  const frame = controlTokens(tokenizer);

  const run = async (ids: readonly number[]): Promise<Float32Array<ArrayBuffer>> => {
    if (session === undefined) throw new Error('the encoder was released');
    const feeds: Record<string, ort.Tensor> = {};
    for (const name of inputNames) feeds[name] = integerTensor(inputRow(name, ids));
    const output = (await session.run(feeds))[outputName];
    if (output === undefined || output.type !== 'float32') throw invalid(dir, `output ${outputName} is not float32`);
    const width = output.dims.at(-1) ?? 0;
    return normalise(pooled(output.data as Float32Array, width, outputName === 'sentence_embedding' ? 'cls' : how));
  };

  const dimensions = (await run([...frame.prefix, ...frame.suffix, ...(frame.size === 0 ? [0] : [])])).length;
  return {
    dimensions,
    maxTokens,
    countTokens: (text) => tokenizer.encode(text).length,
    async encode(text) {
      const body = tokenizer.encodeBare(text);
      const room = Math.max(0, maxTokens - frame.size);
      const ids = [...frame.prefix, ...body.slice(0, room), ...frame.suffix];
      const vector = ids.length === 0 ? new Float32Array(dimensions) : await run(ids);
      return { vector, tokens: ids.length, truncated: body.length > room };
    },
    async release() {
      const open = session;
      session = undefined;
      await open?.release();
    },
  };
}

function inputRow(name: string, ids: readonly number[]): readonly number[] {
  switch (name) {
    case 'input_ids':
      return ids;
    case 'attention_mask':
      return ids.map(() => 1);
    case 'position_ids':
      return ids.map((_, position) => position);
    default:
      return ids.map(() => 0);
  }
}

/** A ready sentence vector when the export has one, else the token vectors. */
function chooseOutput(dir: string, names: readonly string[]): string {
  for (const name of ['sentence_embedding', 'last_hidden_state', 'token_embeddings']) {
    if (names.includes(name)) return name;
  }
  throw invalid(dir, `no output named sentence_embedding, last_hidden_state or token_embeddings: ${names.join(', ')}`);
}

function poolingOf(dir: string, config: JsonObject | undefined): Pooling {
  if (config === undefined || config['pooling_mode_mean_tokens'] === true) return 'mean';
  if (config['pooling_mode_cls_token'] === true) return 'cls';
  if (config['pooling_mode_lasttoken'] === true) return 'last';
  throw invalid(dir, '1_Pooling/config.json asks for a pooling other than mean, cls or last token');
}

function maxTokensOf(
  config: JsonObject,
  sentence: JsonObject | undefined,
  tokenizerConfig: JsonObject | undefined,
): number {
  const positions = positiveInteger(config, 'max_position_embeddings', 'n_positions') ?? usualMaxTokens;
  // RoBERTa's positions begin at pad_token_id + 1, so that fewer tokens fit than there are positions.
  const offset = config['model_type'] === 'roberta' || config['model_type'] === 'xlm-roberta' ? 2 : 0;
  const stated =
    positiveInteger(sentence, 'max_seq_length') ?? positiveInteger(tokenizerConfig, 'model_max_length') ?? positions;
  return Math.min(stated, positions - offset);
}

/** The control tokens that the tokenizer puts around every text, such as [CLS] and [SEP]. */
function controlTokens(tokenizer: TextTokenizer): { prefix: number[]; suffix: number[]; size: number } {
  const whole = tokenizer.encode('a');
  const body = tokenizer.encodeBare('a');
  const start = whole.findIndex((_, i) => body.every((id, j) => whole[i + j] === id));
  const prefix = whole.slice(0, Math.max(0, start));
  const suffix = start < 0 ? [] : whole.slice(start + body.length);
  return { prefix, suffix, size: prefix.length + suffix.length };
}

function pooled(data: Float32Array, width: number, pooling: Pooling): Float32Array<ArrayBuffer> {
  const rows = data.length / width;
  if (pooling === 'cls') return Float32Array.from(data.subarray(0, width));
  if (pooling === 'last') return Float32Array.from(data.subarray((rows - 1) * width));
  const mean = new Float32Array(width);
  for (let i = 0; i < data.length; i += 1) mean[i % width] = (mean[i % width] ?? 0) + (data[i] ?? 0) / rows;
  return mean;
}
