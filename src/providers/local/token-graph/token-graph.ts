// A graph that reads token ids, with the tokenizer of its directory: what sentence encoders, classifiers and cross-encoders of
// Hugging Face layout have in common. What their outputs mean is not known here.

import type * as ort from 'onnxruntime-node';
import type { JsonObject } from '../../../core/json.ts';
import { invalid, openSession, positiveInteger, readJson, requireJson } from '../engine/model-directory.ts';
import { loadTokenizer, type TextTokenizer } from '../engine/text-tokenizer.ts';
import { integerTensor } from './integer-tensor.ts';

/** One row of numbers, or several below one another, as an output gives them. */
export interface TokenOutput {
  readonly data: Float32Array;
  readonly dims: readonly number[];
}

/** A loaded graph. */
export interface TokenGraph {
  readonly dir: string;
  readonly config: JsonObject;
  readonly tokenizer: TextTokenizer;
  /** Most ids of one row, control tokens included. */
  readonly maxTokens: number;
  readonly outputNames: readonly string[];
  /**
   * Runs one row of at least one id. `segments` are the token types, 0 where absent. Rejects with `config_invalid` when the
   * output is not of 32-bit floats.
   */
  run(output: string, ids: readonly number[], segments?: readonly number[]): Promise<TokenOutput>;
  /** Frees native memory; a second call does nothing. */
  release(): Promise<void>;
}

/** BERT's own limit, for directories that state none. */
const usualMaxTokens = 512;

/** Inputs that can be filled from ids. */
const knownInputs: ReadonlySet<string> = new Set(['input_ids', 'attention_mask', 'token_type_ids', 'position_ids']);

/** Loads the graph of a directory. Rejects with `config_invalid` when a file is missing or an input cannot be filled. */
export async function loadTokenGraph(dir: string, intraOpThreads: number): Promise<TokenGraph> {
  const config = await requireJson(dir, 'config.json'); // First and alone: of a folder without any file it is the one to name.
  const [sentence, tokenizerConfig, tokenizer] = await Promise.all([
    readJson(dir, 'sentence_bert_config.json'),
    readJson(dir, 'tokenizer_config.json'),
    loadTokenizer(dir),
  ]);
  let session: ort.InferenceSession | undefined = await openSession(dir, intraOpThreads);
  const { inputNames, outputNames } = session;
  const unknown = inputNames.find((name) => !knownInputs.has(name));
  if (unknown !== undefined) {
    await session.release();
    throw invalid(dir, `the graph wants an input ${unknown}, which no text encoder has`);
  }

  // RoBERTa's tokenizers tell two segments apart, its models have one.
  const knowsSegments = (positiveInteger(config, 'type_vocab_size') ?? 2) > 1;

  return {
    dir,
    config,
    tokenizer,
    maxTokens: maxTokensOf(config, sentence, tokenizerConfig),
    outputNames,
    async run(output, ids, segments = []) {
      if (session === undefined) throw new Error('the model was released');
      const feeds: Record<string, ort.Tensor> = {};
      for (const name of inputNames) feeds[name] = integerTensor(inputRow(name, ids, knowsSegments ? segments : []));
      const result = (await session.run(feeds, [output]))[output];
      if (result === undefined || result.type !== 'float32') throw invalid(dir, `output ${output} is not float32`);
      return { data: result.data as Float32Array, dims: result.dims };
    },
    async release() {
      const open = session;
      session = undefined;
      await open?.release();
    },
  };
}

function inputRow(name: string, ids: readonly number[], segments: readonly number[]): readonly number[] {
  switch (name) {
    case 'input_ids':
      return ids;
    case 'attention_mask':
      return ids.map(() => 1);
    case 'position_ids':
      return ids.map((_, position) => position);
    default:
      return ids.map((_, position) => segments[position] ?? 0);
  }
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
