// The codecs of ranking, classification, moderation, transcription, token counts and tensors lose nothing, and what a stranger
// sends wrongly is refused by its path. Predict, embed and models: round-trip.test.ts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  all,
  checkRoundTrip,
  count,
  double,
  extra,
  few,
  fields,
  imagePart,
  int32,
  json,
  some,
  text,
  textPart,
  usage,
  whole,
} from '../../../test/fixtures/arbitraries.ts';
import type { ClassifyRequest, ClassifyResponse, ModerateRequest, ModerateResponse } from '../../core/classify.ts';
import type { TokenCount } from '../../core/count-tokens.ts';
import { SluiceError } from '../../core/error.ts';
import type { ErrorReason } from '../../core/error-catalogue.ts';
import type { RankRequest, RankResponse } from '../../core/rank.ts';
import type { InferRequest, InferResponse, Tensor, TensorDescription, TensorMetadata } from '../../core/tensor.ts';
import { bytesPerElement, type FixedDatatype, joinBytes } from '../../core/tensor-data.ts';
import type { TranscribeRequest, TranscribeResponse } from '../../core/transcribe.ts';
import * as wire from '../generated/sluice/inference/v1/inference.ts';
import { operations } from '../operations.ts';

const answerer = { model: text, target: text, attempts: int32 };
const downgrades = { downgrades: some(text) };

const rankRequest: fc.Arbitrary<RankRequest> = fields(
  { model: text, query: text, documents: few(text) },
  { topN: whole, ...extra },
);
const rankResponse: fc.Arbitrary<RankResponse> = fields(
  { ...answerer, results: few(all({ index: int32, score: double })), usage },
  downgrades,
);

const classifyRequest: fc.Arbitrary<ClassifyRequest> = fields(
  { model: text, input: few(text) },
  { labels: some(text), ...extra },
);
const classifyResponse: fc.Arbitrary<ClassifyResponse> = fields(
  { ...answerer, results: few(few(all({ label: text, score: double }))), usage },
  downgrades,
);

const moderateRequest: fc.Arbitrary<ModerateRequest> = fields(
  { model: text, input: few(few(fc.oneof(textPart, imagePart))) },
  extra,
);
/** The names of the two tables may differ, and may be those that every object has. */
const table = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<Record<string, T>> =>
  few(fc.tuple(fc.oneof(text, fc.constantFrom('toString', '__proto__', 'self-harm/intent')), value)).map(
    (entries) => Object.fromEntries(entries) as Record<string, T>,
  );
const verdict = fields({ flagged: fc.boolean(), categories: table(fc.boolean()), scores: table(double) }, extra);
const moderateResponse: fc.Arbitrary<ModerateResponse> = fields(
  { id: text, ...answerer, results: few(verdict), usage },
  downgrades,
);

const timings = fc.subarray(['word', 'segment'] as const, { minLength: 1 });
const transcribeRequest: fc.Arbitrary<TranscribeRequest> = fields(
  { model: text, audio: fc.uint8Array(), fileName: text, mediaType: text },
  { language: text, prompt: text, temperature: double, timings, ...extra },
);
const times = { startS: double, endS: double };
const transcribeResponse: fc.Arbitrary<TranscribeResponse> = fields(
  { ...answerer, text, usage },
  {
    language: text,
    durationS: double,
    segments: few(fields({ ...times, text }, extra)),
    words: few(all({ ...times, word: text })),
    ...extra,
    ...downgrades,
  },
);

const tokenCount: fc.Arbitrary<TokenCount> = fields(
  { ...answerer, inputTokens: count, source: fc.constantFrom('provider', 'engine', 'estimated') },
  downgrades,
);

const shape = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 });
const elementsOf = (dimensions: readonly number[]): number =>
  dimensions.reduce((product, length) => product * length, 1);
const fixedDatatype = fc.constantFrom(...(Object.keys(bytesPerElement) as FixedDatatype[]));
const ofLength = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length });
/** A tensor whose data is as long as datatype and shape say. */
const tensor: fc.Arbitrary<Tensor> = fc
  .tuple(text, shape, fc.option(fixedDatatype), fc.option(json))
  .chain(([name, dimensions, fixed, parameters]) => {
    const length = elementsOf(dimensions);
    const strings = fc.array(fc.uint8Array({ maxLength: 5 }), { minLength: length, maxLength: length }).map(joinBytes);
    const data = fixed === null ? strings : ofLength(length * bytesPerElement[fixed]);
    const named = { name, datatype: fixed ?? 'BYTES', shape: dimensions } as const;
    return data.map((bytes) => ({ ...named, data: bytes, ...(parameters === null ? {} : { parameters }) }));
  });
const parameters = { parameters: json };
const inferRequest: fc.Arbitrary<InferRequest> = fields(
  { model: text, version: text, id: text, inputs: few(tensor), outputs: few(fields({ name: text }, parameters)) },
  parameters,
);
const inferResponse: fc.Arbitrary<InferResponse> = fields(
  { ...answerer, version: text, id: text, outputs: few(tensor) },
  { ...parameters, ...downgrades },
);
const description: fc.Arbitrary<TensorDescription> = all({
  name: text,
  datatype: fc.oneof(fixedDatatype, fc.constant('BYTES' as const)),
  shape: few(fc.integer({ min: -1, max: 2 ** 31 })),
});
const tensorMetadata: fc.Arbitrary<TensorMetadata> = all({
  ...answerer,
  versions: few(text),
  platform: text,
  inputs: few(description),
  outputs: few(description),
});

test('ranking: request and response come back equal', () => {
  const { requestToWire, requestFromWire, responseToWire, responseFromWire } = operations.rank;
  checkRoundTrip(rankRequest, wire.RankRequest, requestToWire, requestFromWire);
  checkRoundTrip(rankResponse, wire.RankResponse, responseToWire, responseFromWire);
});

test('classification: request and response come back equal', () => {
  const { requestToWire, requestFromWire, responseToWire, responseFromWire } = operations.classify;
  checkRoundTrip(classifyRequest, wire.ClassifyRequest, requestToWire, requestFromWire);
  checkRoundTrip(classifyResponse, wire.ClassifyResponse, responseToWire, responseFromWire);
});

test('moderation: request and response come back equal', () => {
  const { requestToWire, requestFromWire, responseToWire, responseFromWire } = operations.moderate;
  checkRoundTrip(moderateRequest, wire.ModerateRequest, requestToWire, requestFromWire);
  checkRoundTrip(moderateResponse, wire.ModerateResponse, responseToWire, responseFromWire);
});

test('transcription: request and response come back equal', () => {
  const { requestToWire, requestFromWire, responseToWire, responseFromWire } = operations.transcribe;
  checkRoundTrip(transcribeRequest, wire.TranscribeRequest, requestToWire, requestFromWire);
  checkRoundTrip(transcribeResponse, wire.TranscribeResponse, responseToWire, responseFromWire);
});

test('token count: comes back equal', () => {
  const { responseToWire, responseFromWire } = operations.countTokens;
  checkRoundTrip(tokenCount, wire.TokenCount, responseToWire, responseFromWire);
});

test('tensors: request, response and metadata come back equal', () => {
  const { requestToWire, requestFromWire, responseToWire, responseFromWire } = operations.infer;
  checkRoundTrip(inferRequest, wire.InferRequest, requestToWire, requestFromWire);
  checkRoundTrip(inferResponse, wire.InferResponse, responseToWire, responseFromWire);
  const metadata = operations.tensorMetadata;
  checkRoundTrip(tensorMetadata, wire.TensorMetadataResponse, metadata.responseToWire, metadata.responseFromWire);
});

/** For assert.throws: a SluiceError of this reason about this field. */
function about(reason: ErrorReason, param: string | undefined): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof SluiceError, String(error));
    assert.deepEqual([error.reason, error.param], [reason, param]);
    return true;
  };
}

const goodTensor: wire.Tensor = {
  name: 'x',
  datatype: 'FP32',
  shape: [2],
  data: Buffer.alloc(8),
  parametersJson: undefined,
};

function inferOf(inputs: wire.Tensor[], more: Partial<wire.InferRequest> = {}): wire.InferRequest {
  return { model: 'm', version: '', id: '', inputs, outputs: [], parametersJson: undefined, ...more };
}

test('tensors of strangers: what does not fit together is refused by its path', () => {
  const refuse = (change: Partial<wire.Tensor>, param: string): void => {
    const request = inferOf([goodTensor, { ...goodTensor, ...change }]);
    assert.throws(() => operations.infer.requestFromWire(request), about('invalid_request', param));
  };
  refuse({ datatype: 'fp32' }, 'inputs[1].datatype');
  refuse({ datatype: 'toString' }, 'inputs[1].datatype');
  refuse({ shape: [3] }, 'inputs[1]');
  refuse({ shape: [-2] }, 'inputs[1]');
  refuse({ shape: [2 ** 40, 2 ** 40] }, 'inputs[1]');
  refuse({ datatype: 'BYTES', shape: [1] }, 'inputs[1]');
  refuse({ parametersJson: '[]' }, 'inputs[1].parameters_json');
  const output = { name: 'y', parametersJson: '{' };
  const badOutput = inferOf([goodTensor], { outputs: [output] });
  assert.throws(
    () => operations.infer.requestFromWire(badOutput),
    about('invalid_request', 'outputs[0].parameters_json'),
  );
});

test('tensors of answers: what does not fit together is the answer’s fault', () => {
  const answer = {
    model: 'm',
    version: '',
    id: '',
    target: 't',
    attempts: 1,
    downgrades: [],
    parametersJson: undefined,
  };
  const { infer, tensorMetadata: metadata } = operations;
  const short = { ...answer, outputs: [{ ...goodTensor, shape: [3] }] };
  assert.throws(() => infer.responseFromWire(short), about('upstream_malformed', undefined));
  const unknown = { name: 'x', datatype: 'FP4', shape: [] };
  const described = { ...answer, versions: [], platform: '', inputs: [unknown], outputs: [] };
  assert.throws(() => metadata.responseFromWire(described), about('upstream_malformed', undefined));
});

test('tensors of ours: a length that the wire cannot carry never reaches it', () => {
  const broken = { name: 'x', datatype: 'FP32', shape: [1.5], data: new Uint8Array(6) } as const;
  const request = { model: 'm', version: '', id: '', inputs: [broken], outputs: [] };
  assert.throws(() => operations.infer.requestToWire(request), about('invalid_request', 'inputs[0].shape'));
  const answer = { model: 'm', target: 't', attempts: 1, version: '', id: '', outputs: [broken] };
  assert.throws(() => operations.infer.responseToWire(answer), about('upstream_malformed', undefined));
  const metadata = { ...answer, versions: [], platform: '', inputs: [broken], outputs: [] };
  assert.throws(() => operations.tensorMetadata.responseToWire(metadata), about('upstream_malformed', undefined));
  const ranking = { model: 'm', query: 'q', documents: ['d'], topN: 0.5 };
  assert.throws(() => operations.rank.requestToWire(ranking), about('invalid_request', 'top_n'));
});

test('moderation of strangers: an input is a text, or texts and pictures', () => {
  const refuse = (input: wire.ModerationInput, param: string): void => {
    const request = { model: 'm', input: [{ text: 'fine', content: [] }, input], extraJson: undefined };
    assert.throws(() => operations.moderate.requestFromWire(request), about('invalid_request', param));
  };
  const refusal: wire.ContentPart = { part: { $case: 'refusal', value: { text: 'no' } } };
  refuse({ text: '', content: [refusal] }, 'input[1].content[0]');
  refuse({ text: 'both', content: [refusal] }, 'input[1].content');
  refuse({ text: '', content: [{ part: undefined }] }, 'input[1].content[0]');
});

test('transcription: a timing of a newer version is left out', () => {
  const request = { model: 'm', audio: Buffer.of(1), fileName: 'a', mediaType: '', timings: [0, 2, 9] };
  const decoded = operations.transcribe.requestFromWire(request as unknown as wire.TranscribeRequest);
  assert.deepEqual(decoded.timings, ['segment']);
});
