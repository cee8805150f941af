// What a model that takes tensors is for, as the operator says: the protocol knows names, datatypes and shapes, but not which of
// them is the text and which the embedding. And the steps that all such tasks share.

import { upstreamMalformed } from '../../core/error.ts';
import type { JsonObject } from '../../core/json.ts';
import type { InferResponse, Tensor, TensorParameters } from '../../core/tensor.ts';
import { joinBytes } from '../../core/tensor-data.ts';
import { unpackFloats } from '../../open-inference/tensor-elements.ts';
import type { ModelCall } from '../../ports/model.ts';
import { unsupported } from '../translation/request-translation.ts';

import type { TensorTransport } from './tensor-transport.ts';

/** What tasks over texts have in common. */
interface TextTask {
  /** The output with the numbers; FP32, FP64, FP16 or BF16, one row for each text. */
  readonly output: string;
  /** 2: texts go as [n, 1], as Triton batches strings; 1: as [n]. */
  readonly textDimensions: 1 | 2;
  /** Rows that the model takes at once; more go in several calls, one after the other. Absent: any number. */
  readonly maxBatch?: number | undefined;
}

/** One vector for each text. */
export interface EmbedTask extends TextTask {
  readonly task: 'embed';
  /** The BYTES input that takes the texts. */
  readonly input: string;
}

/** What makes probabilities of a model's output: nothing where it gives them, else what its head needs. */
export type Activation = 'none' | 'sigmoid' | 'softmax';

/** One score for each label of a text. */
export interface ClassifyTask extends TextTask {
  readonly task: 'classify';
  /** The BYTES input that takes the texts. */
  readonly input: string;
  /** In the order of the output's columns. Absent: LABEL_0, LABEL_1 … */
  readonly labels?: readonly string[] | undefined;
  readonly activation: Activation;
}

/** One score for each pair of a query and a document. */
export interface RankTask extends TextTask {
  readonly task: 'rank';
  /** The BYTES inputs of the two, row by row; or one that takes them as [n, 2]. */
  readonly inputs: { readonly query: string; readonly document: string } | { readonly pair: string };
  readonly activation: Exclude<Activation, 'softmax'>;
}

/** A task that is done by tensors. */
export type TensorTask = EmbedTask | ClassifyTask | RankTask;

/** Numbers of an output, row after row. */
export interface Rows {
  readonly values: Float32Array;
  readonly rows: number;
  readonly columns: number;
}

const encoder = new TextEncoder();

/** Texts as a BYTES tensor. `columns` texts make a row where there are more than one. */
export function textTensor(name: string, texts: readonly string[], task: TextTask, columns: number = 1): Tensor {
  const rows = texts.length / columns;
  const shape = columns === 1 && task.textDimensions === 1 ? [rows] : [rows, columns];
  return { name, datatype: 'BYTES', shape, data: joinBytes(texts.map((text) => encoder.encode(text))) };
}

/** Ranges of at most `maxBatch` rows that together are all of them. */
export function batchesOf(rows: number, maxBatch: number = rows): { readonly from: number; readonly to: number }[] {
  const batches: { from: number; to: number }[] = [];
  for (let from = 0; from < rows; from += maxBatch) batches.push({ from, to: Math.min(from + maxBatch, rows) });
  return batches;
}

/** Runs the model on the rows of one batch and returns its numbers. Throws `upstream_malformed` unless there is a row for each. */
export async function inferRows(
  transport: TensorTransport,
  task: TextTask,
  inputs: readonly Tensor[],
  rows: number,
  parameters: TensorParameters,
  call: ModelCall,
): Promise<Rows & { readonly answer: InferResponse }> {
  const request = { model: call.model, version: '', id: '', inputs, outputs: [{ name: task.output }], parameters };
  const answer = await transport.infer(request, call);
  return { ...rowsOf(answer, task.output, rows), answer };
}

function rowsOf(answer: InferResponse, output: string, rows: number): Rows {
  const tensor = answer.outputs.find(({ name }) => name === output);
  if (tensor === undefined) throw upstreamMalformed(`no output ${output}`);
  const values = unpackFloats(tensor.datatype, tensor.data);
  if (values === undefined) throw upstreamMalformed(`output ${output} is ${tensor.datatype}, not floats`);
  const isByRow = tensor.shape[0] === rows || rows === 1;
  const columns = values.length / rows;
  if (!isByRow || !Number.isInteger(columns) || columns === 0) {
    throw upstreamMalformed(`output ${output} of shape [${tensor.shape.join(', ')}] for ${rows} rows`);
  }
  return { values, rows, columns };
}

/** Fields by which callers label their calls: no tensor model has a use for them. */
const labelsOfCalls: ReadonlySet<string> = new Set(['metadata', 'user']);

/**
 * Unknown fields of the request as parameters of the call: a backend that has no use for one ignores it. Labels of calls are left
 * out and named. Throws `unsupported_capability` for values that parameters cannot be.
 */
export function extraParameters(extra: JsonObject = {}): {
  readonly parameters: TensorParameters;
  readonly downgrades: readonly string[];
} {
  const parameters: JsonObject = {};
  const downgrades: string[] = [];
  for (const [name, value] of Object.entries(extra)) {
    if (value === null) continue;
    if (labelsOfCalls.has(name)) downgrades.push(name);
    else if (typeof value === 'object') throw unsupported(`the field \`${name}\``, name);
    else parameters[name] = value;
  }
  return { parameters, downgrades };
}

/** The values after the activation, row by row, in place. */
export function activate({ values, columns }: Rows, activation: Activation): void {
  if (activation === 'sigmoid') {
    for (let at = 0; at < values.length; at += 1) values[at] = 1 / (1 + Math.exp(-(values[at] ?? 0)));
  } else if (activation === 'softmax') {
    for (let at = 0; at < values.length; at += columns) softmax(values.subarray(at, at + columns));
  }
}

/** Less the largest first, so that no exponential overflows. */
function softmax(row: Float32Array): void {
  // Not Math.max: a list of arguments has a bound, and a vocabulary can be longer.
  const largest = row.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  let sum = 0;
  for (let at = 0; at < row.length; at += 1) {
    const weight = Math.exp((row[at] ?? 0) - largest);
    row[at] = weight;
    sum += weight;
  }
  for (let at = 0; at < row.length; at += 1) row[at] = (row[at] ?? 0) / sum;
}
