// A cross-encoder as a model of the engine: it reads query and document together and gives one logit for how well they fit.

import { sigmoid } from '../classifier/probabilities.ts';
import { loadSequenceGraph, type SequenceGraph } from '../classifier/sequence-graph.ts';
import type { LoadedModel } from '../engine/loaded-model.ts';
import { invalid } from '../engine/model-directory.ts';
import { orRelease } from '../engine/or-release.ts';
import type { RankResult } from '../engine/protocol.ts';
import { nextTurn } from '../engine/turn.ts';
import { type PairFrame, pairFrame, readStart } from '../token-graph/frame.ts';

/** Loads the cross-encoder of a directory. Rejects with `config_invalid` unless it gives one logit and its tokenizer joins pairs. */
export async function createCrossEncoder(dir: string, intraOpThreads: number): Promise<LoadedModel> {
  const graph = await loadSequenceGraph(dir, intraOpThreads);
  return orRelease(graph, () => crossEncoderOf(graph));
}

function crossEncoderOf(graph: SequenceGraph): LoadedModel {
  if (graph.labels.length !== 1) {
    throw invalid(graph.dir, `a ranking model has one logit; this one has ${graph.labels.length}`);
  }
  const frame = pairFrame(graph.tokenizer);
  if (frame === undefined) throw invalid(graph.dir, 'the tokenizer does not join two texts');
  return {
    facts: { contextTokens: graph.maxTokens },
    rank: ({ query, documents }, signal) => rank(graph, frame, query, documents, signal),
    release: graph.release,
  };
}

/** A query may take half of the room at most, so that something is left of each document. */
async function rank(
  graph: SequenceGraph,
  frame: PairFrame,
  query: string,
  documents: readonly string[],
  signal: AbortSignal,
): Promise<RankResult> {
  const room = Math.max(2, graph.maxTokens - frame.size);
  const { ids: asked, isCut: isQueryCut } = readStart(graph.tokenizer, query, Math.floor(room / 2));
  const scores: number[] = [];
  const truncated: number[] = [];
  let inputTokens = 0;
  for (const [position, document] of documents.entries()) {
    await nextTurn(signal);
    const { ids, isCut } = readStart(graph.tokenizer, document, room - asked.length);
    if (isCut) truncated.push(position);
    const row = frame.wrap(asked, ids);
    inputTokens += row.ids.length;
    const [logit = 0] = await graph.logits(row);
    scores.push(sigmoid(logit));
  }
  return { scores, inputTokens, truncated, isQueryCut };
}
