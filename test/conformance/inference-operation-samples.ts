// For each method with one answer, calls with everything in them that the contract has a name for, and calls with as little as it
// allows.

import type { Inference } from '../../src/ports/inference.ts';
import type { ScriptedAnswers } from '../fixtures/scripted-inference.ts';
import { fullRequest } from './inference-samples.ts';

/** The methods that ask something and have one answer, predict and embed aside. */
export type OperationName = keyof ScriptedAnswers;

/** What is asked and what is answered. */
export interface Sample<Name extends OperationName> {
  readonly request: Parameters<Inference[Name]>[0];
  readonly response: Awaited<ReturnType<Inference[Name]>>;
}

const answerer = { model: 'model-1', target: 'scripted/model-1', attempts: 2 };
const usage = { inputTokens: 2 ** 40, outputTokens: 0, source: 'estimated' } as const;
const fullUsage = {
  ...usage,
  cachedInputTokens: 0,
  cacheWriteInputTokens: 3,
  reasoningTokens: 2,
  source: 'provider',
} as const;
const extra = { deep: [true, null, 0.5, { a: 'ä' }] };
const downgrades = ['input', 'service_tier'];
const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);

/** The first of each is full. */
export const operationSamples: { readonly [Name in OperationName]: readonly [Sample<Name>, ...Sample<Name>[]] } = {
  rank: [
    {
      request: { model: 'r', query: 'Grüße', documents: ['', 'zwei', 'zwei'], topN: 2, extra },
      response: {
        ...answerer,
        results: [
          { index: 2, score: 1.5 },
          { index: 0, score: -0.1 },
        ],
        usage: fullUsage,
        downgrades,
      },
    },
    {
      request: { model: 'r', query: 'q', documents: ['d'] },
      response: { ...answerer, results: [], usage },
    },
  ],
  classify: [
    {
      request: { model: 'c', input: ['', 'schön 👋'], labels: ['gut', 'schlecht'], extra },
      response: {
        ...answerer,
        results: [
          [
            { label: 'gut', score: 0.75 },
            { label: 'schlecht', score: 0 },
          ],
          [],
        ],
        usage: fullUsage,
        downgrades,
      },
    },
    { request: { model: 'c', input: ['x'] }, response: { ...answerer, results: [], usage } },
  ],
  moderate: [
    {
      request: {
        model: 'm',
        input: [
          [{ type: 'text', text: 'plain' }],
          [
            { type: 'text', text: '', extra },
            { type: 'image', source: { kind: 'url', url: 'https://example.org/a.png' }, detail: 'low', extra },
            { type: 'image', source: { kind: 'data', base64: 'iVBORw==', mediaType: 'image/png' } },
          ],
        ],
        extra,
      },
      response: {
        id: 'modr-7',
        ...answerer,
        results: [
          {
            flagged: true,
            categories: { 'self-harm/intent': true, toString: false },
            scores: { 'self-harm/intent': 0.99, 'only-a-score': 1e-9 },
            extra,
          },
          { flagged: false, categories: {}, scores: {} },
        ],
        usage: fullUsage,
        downgrades,
      },
    },
    {
      request: { model: 'm', input: [[{ type: 'text', text: '' }]] },
      response: { id: '', ...answerer, results: [], usage },
    },
  ],
  transcribe: [
    {
      request: {
        model: 't',
        audio: bytes,
        fileName: 'grüße.wav',
        mediaType: 'audio/wav',
        language: 'de',
        prompt: 'Sluice',
        temperature: 0,
        timings: ['segment', 'word'],
        extra,
      },
      response: {
        ...answerer,
        text: ' Grüße',
        language: 'german',
        durationS: 1.25,
        segments: [
          { startS: 0, endS: 0.5, text: ' Grü', extra: { avg_logprob: -0.25 } },
          { startS: 0.5, endS: 1.25, text: 'ße' },
        ],
        words: [{ startS: 0.125, endS: 1.25, word: 'Grüße' }],
        usage: fullUsage,
        downgrades,
        extra,
      },
    },
    {
      request: { model: 't', audio: Uint8Array.of(0), fileName: 'a', mediaType: '' },
      response: { ...answerer, text: '', usage },
    },
    {
      // Timings were asked for, and nobody spoke.
      request: { model: 't', audio: bytes.subarray(7, 9), fileName: 'a', mediaType: '', timings: ['word'] },
      response: { ...answerer, text: '', language: '', durationS: 0, segments: [], words: [], usage },
    },
  ],
  countTokens: [
    { request: fullRequest, response: { ...answerer, inputTokens: 2 ** 40, source: 'provider' } },
    {
      request: { model: 'k', messages: [], prompt: '', sampling: {}, dialect: 'sluice' },
      response: { ...answerer, inputTokens: 0, source: 'estimated' },
    },
  ],
  infer: [
    {
      request: {
        model: 'i',
        version: '3',
        id: 'call-1',
        inputs: [
          { name: 'x', datatype: 'FP32', shape: [8, 8], data: bytes, parameters: { scale: 0.5, tags: ['a', null] } },
          { name: 'texts', datatype: 'BYTES', shape: [2], data: Uint8Array.of(1, 0, 0, 0, 255, 0, 0, 0, 0) },
          { name: 'scalar', datatype: 'BOOL', shape: [], data: Uint8Array.of(1) },
        ],
        outputs: [{ name: 'y', parameters: { classification: 3 } }, { name: 'z' }],
        parameters: { priority: 1, nested: { a: {} } },
      },
      response: {
        ...answerer,
        version: '3',
        id: 'call-1',
        outputs: [
          { name: 'y', datatype: 'INT64', shape: [1, 4, 8], data: bytes, parameters: {} },
          { name: 'z', datatype: 'FP16', shape: [2 ** 40, 0], data: new Uint8Array() },
        ],
        parameters: { sequence_end: true },
      },
    },
    {
      request: {
        model: 'i',
        version: '',
        id: '',
        inputs: [{ name: 'x', datatype: 'UINT8', shape: [0], data: new Uint8Array() }],
        outputs: [],
        parameters: {},
      },
      response: { ...answerer, version: '', id: '', outputs: [] },
    },
  ],
  tensorMetadata: [
    {
      request: { model: 'i', version: '3' },
      response: {
        ...answerer,
        versions: ['1', '3'],
        platform: 'onnxruntime_onnx',
        inputs: [
          { name: 'x', datatype: 'FP32', shape: [-1, 8] },
          { name: 'flag', datatype: 'BOOL', shape: [] },
        ],
        outputs: [{ name: 'y', datatype: 'BYTES', shape: [-1] }],
      },
    },
    {
      request: { model: 'i', version: '' },
      response: { ...answerer, versions: [], platform: '', inputs: [], outputs: [] },
    },
  ],
};
