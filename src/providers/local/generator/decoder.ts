// One ONNX decoder with key/value cache (optimum's naming), step by step. It knows tensors and nothing of text or sampling.

import * as ort from 'onnxruntime-node';
import { abortReason } from '../../../core/error.ts';
import type { JsonObject } from '../../../core/json.ts';
import { prefillChunkTokens } from '../defaults.ts';
import { invalid, openSession, positiveInteger, readJson, requireJson } from '../engine/model-directory.ts';
import { integerTensor } from '../token-graph/integer-tensor.ts';

/** What the model directory says about generation. */
export interface DecoderFacts {
  readonly contextTokens: number;
  /** Tokens that end a turn. */
  readonly endTokens: ReadonlySet<number>;
  readonly defaults: {
    readonly temperature: number;
    readonly topP: number;
    readonly topK: number;
    readonly maxOutputTokens: number | undefined;
  };
}

/** A conversation with the model: its cache grows with every token. */
export interface DecoderState {
  /** Reads tokens and returns the scores for the one that follows. `signal` is checked between chunks of the prompt. */
  feed(tokens: readonly number[], signal: AbortSignal): Promise<Float32Array>;
}

/** A loaded decoder. */
export interface Decoder {
  readonly facts: DecoderFacts;
  begin(): DecoderState;
  release(): Promise<void>;
}

interface CacheSlot {
  readonly past: string;
  readonly present: string;
  readonly heads: number;
  readonly headWidth: number;
}

const plainInputs: ReadonlySet<string> = new Set(['input_ids', 'attention_mask', 'position_ids']);

/** Loads the decoder of a directory. Rejects with `config_invalid` when it is not one, or not of the kind described above. */
export async function loadDecoder(dir: string, intraOpThreads: number): Promise<Decoder> {
  const [config, generation, tokenizer] = await Promise.all([
    requireJson(dir, 'config.json'),
    readJson(dir, 'generation_config.json'),
    readJson(dir, 'tokenizer_config.json'),
  ]);
  let session: ort.InferenceSession | undefined = await openSession(dir, intraOpThreads);
  const slots = cacheSlots(dir, session, config);
  const needsPositions = session.inputNames.includes('position_ids');
  const facts = readFacts(config, generation, tokenizer);

  const begin = (): DecoderState => {
    let cache = new Map<string, ort.Tensor>(slots.map((slot) => [slot.past, emptyCache(slot)]));
    let seen = 0;
    const step = async (tokens: readonly number[]): Promise<Float32Array> => {
      if (session === undefined) throw new Error('the decoder was released');
      const total = seen + tokens.length;
      const feeds: Record<string, ort.Tensor> = Object.fromEntries(cache);
      feeds['input_ids'] = integerTensor(tokens);
      feeds['attention_mask'] = integerTensor(new Array<number>(total).fill(1));
      if (needsPositions) feeds['position_ids'] = integerTensor(tokens.map((_, i) => seen + i));
      const outputs = await session.run(feeds);
      cache = new Map(slots.map((slot) => [slot.past, outputOf(dir, outputs, slot.present)]));
      seen = total;
      const logits = outputOf(dir, outputs, 'logits');
      const vocabulary = logits.dims.at(-1) ?? 0;
      return (logits.data as Float32Array).subarray(-vocabulary);
    };
    return {
      async feed(tokens, signal) {
        let logits: Float32Array = new Float32Array(0);
        for (let start = 0; start < tokens.length; start += prefillChunkTokens) {
          if (signal.aborted) throw abortReason(signal);
          logits = await step(tokens.slice(start, start + prefillChunkTokens));
        }
        return logits;
      },
    };
  };

  return {
    facts,
    begin,
    async release() {
      const open = session;
      session = undefined;
      await open?.release();
    },
  };
}

/** The cache tensors of the graph. Their sizes stand in the graph or, where it leaves them open, in config.json. */
function cacheSlots(dir: string, session: ort.InferenceSession, config: JsonObject): readonly CacheSlot[] {
  const slots = session.inputMetadata
    .filter((input) => !plainInputs.has(input.name))
    .map((input) => cacheSlot(dir, input, config));
  if (slots.length === 0) throw invalid(dir, 'the graph has no key/value cache: export it with one');
  return slots;
}

function cacheSlot(dir: string, input: ort.InferenceSession.ValueMetadata, config: JsonObject): CacheSlot {
  const layer = /^past_key_values\.(\d+\.(?:key|value))$/.exec(input.name)?.[1];
  if (layer === undefined)
    throw invalid(dir, `the graph wants an input ${input.name}, which this engine does not know`);
  if (!input.isTensor || input.type !== 'float32') throw invalid(dir, 'the key/value cache is not of 32-bit floats');
  const [, inputHeads, , inputWidth] = input.shape;
  const allHeads = positiveInteger(config, 'num_attention_heads', 'n_head');
  const heads =
    typeof inputHeads === 'number' ? inputHeads : (positiveInteger(config, 'num_key_value_heads') ?? allHeads);
  const width = (positiveInteger(config, 'hidden_size', 'n_embd') ?? 0) / (allHeads ?? 1);
  const headWidth = typeof inputWidth === 'number' ? inputWidth : (positiveInteger(config, 'head_dim') ?? width);
  if (heads === undefined || !Number.isInteger(headWidth) || headWidth <= 0) {
    throw invalid(dir, 'neither the graph nor config.json says how wide the key/value cache is');
  }
  return { past: input.name, present: `present.${layer}`, heads, headWidth };
}

function emptyCache(slot: CacheSlot): ort.Tensor {
  return new ort.Tensor('float32', new Float32Array(0), [1, slot.heads, 0, slot.headWidth]);
}

function outputOf(dir: string, outputs: ort.InferenceSession.OnnxValueMapType, name: string): ort.Tensor {
  const output = outputs[name];
  if (output === undefined || !('data' in output) || output.type !== 'float32') {
    throw invalid(dir, `the graph gives no 32-bit output ${name}`);
  }
  return output as ort.Tensor;
}

function readFacts(
  config: JsonObject,
  generation: JsonObject | undefined,
  tokenizer: JsonObject | undefined,
): DecoderFacts {
  const positions = positiveInteger(config, 'max_position_embeddings', 'n_positions', 'n_ctx');
  // `do_sample: false` is how a directory says "greedy".
  const greedy = generation?.['do_sample'] === false;
  return {
    contextTokens: positions ?? positiveInteger(tokenizer, 'model_max_length') ?? 2048,
    endTokens: new Set([...tokenIds(config['eos_token_id']), ...tokenIds(generation?.['eos_token_id'])]),
    defaults: {
      temperature: greedy ? 0 : (numberOf(generation, 'temperature') ?? 1),
      topP: numberOf(generation, 'top_p') ?? 1,
      topK: numberOf(generation, 'top_k') ?? 0,
      maxOutputTokens: positiveInteger(generation, 'max_new_tokens'),
    },
  };
}

function tokenIds(value: unknown): number[] {
  const ids: unknown[] = Array.isArray(value) ? value : [value];
  return ids.filter((id): id is number => typeof id === 'number' && Number.isSafeInteger(id) && id >= 0);
}

function numberOf(source: JsonObject | undefined, name: string): number | undefined {
  const value = source?.[name];
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;
}
