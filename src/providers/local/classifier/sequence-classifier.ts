// A sequence classifier as a model of the engine: its own labels for each text.

import { SluiceError } from '../../../core/error.ts';
import type { JsonObject } from '../../../core/json.ts';
import { maxPiecesPerText } from '../defaults.ts';
import type { LoadedModel } from '../engine/loaded-model.ts';
import { invalid } from '../engine/model-directory.ts';
import { orRelease } from '../engine/or-release.ts';
import type { ClassifyResult } from '../engine/protocol.ts';
import { nextTurn } from '../engine/turn.ts';
import { readStart, type TextFrame, textFrame } from '../token-graph/frame.ts';
import { sigmoid, softmax } from './probabilities.ts';
import { loadSequenceGraph, type SequenceGraph } from './sequence-graph.ts';

/** Logits of one text into a probability for each label. */
type Activation = (logits: Float32Array) => number[];

/**
 * Loads the classifier of a directory. Rejects with `config_invalid` also when it lacks one of `needsLabels`, or when its
 * config.json says that it computes amounts instead of labels.
 */
export async function createSequenceClassifier(
  dir: string,
  intraOpThreads: number,
  needsLabels: readonly string[],
): Promise<LoadedModel> {
  const graph = await loadSequenceGraph(dir, intraOpThreads);
  return orRelease(graph, () => classifierOf(graph, needsLabels));
}

function classifierOf(graph: SequenceGraph, needsLabels: readonly string[]): LoadedModel {
  const { dir } = graph;
  const missing = needsLabels.find((label) => !graph.labels.includes(label));
  if (missing !== undefined) {
    throw invalid(dir, `the model has no label ${missing}; it has ${graph.labels.join(', ')}`);
  }
  const classifier = {
    graph,
    frame: textFrame(graph.tokenizer),
    activate: activationOf(dir, graph.config, graph.labels),
  };
  return {
    facts: { contextTokens: graph.maxTokens },
    classify({ texts, labels, reach }, signal) {
      if (labels !== undefined) throw ownLabelsOnly();
      return classify(classifier, texts, reach, signal);
    },
    release: graph.release,
  };
}

interface Classifier {
  readonly graph: SequenceGraph;
  readonly frame: TextFrame;
  readonly activate: Activation;
}

/** As transformers decides: several labels at once, or one label alone, are judged each on its own. */
function activationOf(dir: string, config: JsonObject, labels: readonly string[]): Activation {
  const kind = config['problem_type'];
  if (kind === 'regression') throw invalid(dir, 'config.json says regression: the model gives amounts, not labels');
  const isEachAlone = kind === 'multi_label_classification' || labels.length === 1;
  return isEachAlone ? (logits) => Array.from(logits, sigmoid) : softmax;
}

async function classify(
  classifier: Classifier,
  texts: readonly string[],
  reach: 'start' | 'whole',
  signal: AbortSignal,
): Promise<ClassifyResult> {
  const scores: number[][] = [];
  const truncated: number[] = [];
  let inputTokens = 0;
  for (const [position, text] of texts.entries()) {
    const { pieces, isCut } = piecesOf(classifier, text, reach);
    if (isCut && reach === 'whole') throw tooLong(position, classifier.graph.maxTokens);
    if (isCut) truncated.push(position);
    let highest: number[] = [];
    for (const piece of pieces) {
      await nextTurn(signal);
      const row = classifier.frame.wrap(piece);
      inputTokens += row.ids.length;
      const found = classifier.activate(await classifier.graph.logits(row));
      highest = found.map((score, label) => Math.max(score, highest[label] ?? 0));
    }
    scores.push(highest);
  }
  return { labels: classifier.graph.labels, scores, inputTokens, truncated, areLabelsCut: false };
}

/** What is judged of a text: its beginning, or all of it in rows that the model can read. */
function piecesOf(
  { graph, frame }: Classifier,
  text: string,
  reach: 'start' | 'whole',
): { readonly pieces: readonly (readonly number[])[]; readonly isCut: boolean } {
  const room = Math.max(1, graph.maxTokens - frame.size);
  if (reach === 'start') {
    const { ids, isCut } = readStart(graph.tokenizer, text, room);
    return { pieces: [ids], isCut };
  }
  const { ids, isCut } = readStart(graph.tokenizer, text, room * maxPiecesPerText);
  // A half of overlap: what is harmful only as a whole is not torn apart.
  const step = Math.max(1, Math.floor(room / 2));
  const pieces: (readonly number[])[] = [ids.slice(0, room)];
  for (let at = step; at + room - step < ids.length; at += step) pieces.push(ids.slice(at, at + room));
  return { pieces, isCut };
}

function tooLong(position: number, maxTokens: number): SluiceError {
  return new SluiceError('context_length_exceeded', {
    message: `The text is too long to be judged whole: more than ${maxPiecesPerText} times ${maxTokens} tokens.`,
    param: `input[${position}]`,
  });
}

function ownLabelsOnly(): SluiceError {
  return new SluiceError('unsupported_capability', {
    message: 'The model has labels of its own and takes no others.',
    param: 'labels',
  });
}
