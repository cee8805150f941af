// A sequence classifier of Hugging Face layout: tokens in, one number for each of its labels out. Cross-encoders are such
// graphs with a single label.

import { isJsonObject, type JsonObject } from '../../../core/json.ts';
import { invalid } from '../engine/model-directory.ts';
import { orRelease } from '../engine/or-release.ts';
import type { FramedRow } from '../token-graph/frame.ts';
import { loadTokenGraph, type TokenGraph } from '../token-graph/token-graph.ts';

/** A loaded classifier. */
export interface SequenceGraph extends Pick<TokenGraph, 'dir' | 'config' | 'tokenizer' | 'maxTokens' | 'release'> {
  /** In the order of the logits: `id2label` of config.json, else `LABEL_0` and so on, as transformers names them. */
  readonly labels: readonly string[];
  /** One logit for each label. */
  logits(row: FramedRow): Promise<Float32Array>;
}

/** Loads the classifier of a directory. Rejects with `config_invalid` when it has no output `logits` or labels that do not fit. */
export async function loadSequenceGraph(dir: string, intraOpThreads: number): Promise<SequenceGraph> {
  const graph = await loadTokenGraph(dir, intraOpThreads);
  return orRelease(graph, () => sequenceGraphOf(graph));
}

async function sequenceGraphOf(graph: TokenGraph): Promise<SequenceGraph> {
  const { dir, config, tokenizer, maxTokens, outputNames, release } = graph;
  if (!outputNames.includes('logits')) {
    throw invalid(dir, `no output named logits, which classifiers have: ${outputNames.join(', ')}`);
  }
  const logits = async ({ ids, segments }: FramedRow): Promise<Float32Array> =>
    (await graph.run('logits', ids, segments)).data;
  const { length } = await logits({ ids: [0], segments: [] });
  return { dir, config, tokenizer, maxTokens, labels: labelsOf(dir, config, length), logits, release };
}

function labelsOf(dir: string, config: JsonObject, count: number): readonly string[] {
  const named = config['id2label'];
  const labels: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const label = isJsonObject(named) ? named[String(index)] : undefined;
    labels.push(typeof label === 'string' && label !== '' ? label : `LABEL_${index}`);
  }
  if (isJsonObject(named) && Object.keys(named).length !== count) {
    throw invalid(dir, `config.json names ${Object.keys(named).length} labels, but the graph gives ${count} logits`);
  }
  if (new Set(labels).size !== count) throw invalid(dir, 'config.json gives two labels one name');
  return labels;
}
