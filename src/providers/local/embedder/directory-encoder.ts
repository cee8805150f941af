// Any Hugging Face sentence encoder (BERT, MiniLM, BGE, E5, GTE, …) exported to ONNX, as a text encoder.

import type { JsonObject } from '../../../core/json.ts';
import { invalid, readJson } from '../engine/model-directory.ts';
import { orRelease } from '../engine/or-release.ts';
import type { Pooling } from '../engine/protocol.ts';
import { readStart, textFrame } from '../token-graph/frame.ts';
import { loadTokenGraph, type TokenGraph } from '../token-graph/token-graph.ts';
import { normalise, type TextEncoder } from './text-encoder.ts';

/**
 * Loads an encoder from a directory. `pooling` overrides what the directory says in `1_Pooling/config.json` (the file of
 * sentence-transformers); without both, the mean of the token vectors is taken. Rejects with `config_invalid`.
 */
export async function createDirectoryEncoder(
  dir: string,
  intraOpThreads: number,
  pooling?: Pooling,
): Promise<TextEncoder> {
  const pool = await readJson(dir, '1_Pooling/config.json');
  const graph = await loadTokenGraph(dir, intraOpThreads);
  return orRelease(graph, () => encoderOf(graph, pool, pooling));
}

async function encoderOf(
  graph: TokenGraph,
  pool: JsonObject | undefined,
  pooling: Pooling | undefined,
): Promise<TextEncoder> {
  const { dir, tokenizer, maxTokens } = graph;
  const output = chooseOutput(dir, graph.outputNames);
  const how = output === 'sentence_embedding' ? 'cls' : (pooling ?? poolingOf(dir, pool));
  const frame = textFrame(tokenizer);

  const run = async (ids: readonly number[]): Promise<Float32Array<ArrayBuffer>> => {
    const { data, dims } = await graph.run(output, ids);
    return normalise(pooled(data, dims.at(-1) ?? 0, how));
  };

  const probe = frame.wrap(frame.size === 0 ? [0] : []).ids;
  const dimensions = (await run(probe)).length;
  return {
    dimensions,
    maxTokens,
    countTokens: (text) => tokenizer.encode(text).length,
    async encode(text) {
      const body = readStart(tokenizer, text, Math.max(0, maxTokens - frame.size));
      const { ids } = frame.wrap(body.ids);
      const vector = ids.length === 0 ? new Float32Array(dimensions) : await run(ids);
      return { vector, tokens: ids.length, truncated: body.isCut };
    },
    release: () => graph.release(),
  };
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

function pooled(data: Float32Array, width: number, pooling: Pooling): Float32Array<ArrayBuffer> {
  const rows = data.length / width;
  if (pooling === 'cls') return Float32Array.from(data.subarray(0, width));
  if (pooling === 'last') return Float32Array.from(data.subarray((rows - 1) * width));
  const mean = new Float32Array(width);
  for (let i = 0; i < data.length; i += 1) mean[i % width] = (mean[i % width] ?? 0) + (data[i] ?? 0) / rows;
  return mean;
}
