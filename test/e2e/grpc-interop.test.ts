// Another toolchain, Python's grpcio with stubs it generated from our proto, talks to a real server: the contract is the proto and
// not what our two ends happen to agree on.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { createSystemClock } from '../../src/adapters/system/clock.ts';
import { SluiceError } from '../../src/core/error.ts';
import type { PredictPart } from '../../src/core/predict.ts';
import { createRpcServer } from '../../src/rpc/rpc-server.ts';
import { createFakeIds } from '../fixtures/fake-ids.ts';
import { createScriptedInference, type ScriptStep, textAnswer, untilAborted } from '../fixtures/scripted-inference.ts';
import { createRecordingLog, createRecordingMetrics } from '../fixtures/silent-telemetry.ts';

const cache = join(import.meta.dirname, '../../.cache/python-grpc');
const python = join(cache, 'venv/bin/python');
const isPrepared = existsSync(join(cache, 'generated'));
const missing = 'no Python gRPC client: `node scripts/setup-python-grpc.ts` says why';

const [start, , end] = textAnswer('x') as [PredictPart, PredictPart, PredictPart];
const scripts: Readonly<Record<string, readonly ScriptStep[]>> = {
  chat: textAnswer('Grüße', ' aus', ' Node 👋'),
  tools: [
    start,
    { type: 'tool-call-start', index: 0, id: 'call_1', name: 'weather' },
    { type: 'tool-call-delta', index: 0, argumentsDelta: '{"city":' },
    { type: 'tool-call-delta', index: 0, argumentsDelta: '"Köln"}' },
    end,
  ],
  broken: [
    start,
    () => {
      throw new SluiceError('upstream_rejected', { param: 'messages[0]' });
    },
  ],
  endless: [start, untilAborted],
};

test('grpc interop: a Python client predicts, streams, embeds, ranks, moderates, transcribes, counts, sends tensors, is refused, cancels, and asks for health and reflection', {
  timeout: 60_000,
  ...(isPrepared || process.env['CI'] !== undefined ? {} : { skip: missing }),
}, async () => {
  assert.ok(isPrepared, missing);
  const inference = createScriptedInference();
  inference.script = ({ model }) => scripts[model] ?? [];
  inference.models = [
    { id: 'chat', targets: ['a/b'], ownedBy: 'us', summary: 's', capabilities: ['chat'], createdAtMs: 0 },
  ];
  const server = createRpcServer({
    inference,
    requireApiKey: true,
    authenticator: {
      authenticate(key) {
        if (key !== 'sk-python') throw new SluiceError('invalid_api_key');
        return { tenantId: 'python', keyId: 'key_1' };
      },
    },
    clock: createSystemClock(),
    ids: createFakeIds(),
    log: createRecordingLog(),
    metrics: createRecordingMetrics(),
  });
  try {
    const address = await server.listen('127.0.0.1:0');
    server.setReady(true);
    const client = join(import.meta.dirname, 'grpc-interop.py');
    const { stdout } = await promisify(execFile)(python, [client, join(cache, 'stubs'), address, 'sk-python']);
    assert.deepEqual(JSON.parse(stdout), {
      predict: {
        text: 'Grüße aus Node 👋',
        finish: 'FINISH_REASON_STOP',
        target: 'scripted/model-1',
        output_tokens: 3,
        request_id: 'py-1',
      },
      stream: { text: 'Grüße aus Node 👋', parts: ['start', 'text_delta', 'text_delta', 'text_delta', 'end'] },
      tool_call: { name: 'weather', arguments: '{"city":"Köln"}' },
      embed: [
        [4, 0.5, -0.25],
        [6, 0.5, -0.25],
      ],
      rank: [[1, 1 / 6]],
      moderate: [['violence', false, 0.125]],
      transcribe: ['4 bytes', false],
      count: [1, 'SOURCE_ESTIMATED'],
      infer: ['x', [-1, 7]],
      models: ['chat'],
      no_key: { code: 'UNAUTHENTICATED', reason: 'missing_api_key', param: '' },
      bad_key: { code: 'UNAUTHENTICATED', reason: 'invalid_api_key', param: '' },
      no_messages: { code: 'INVALID_ARGUMENT', reason: 'invalid_request', param: 'messages' },
      no_documents: { code: 'INVALID_ARGUMENT', reason: 'invalid_request', param: 'documents' },
      broken_stream: { code: 'FAILED_PRECONDITION', reason: 'upstream_rejected', param: 'messages[0]' },
      deadline: 'DEADLINE_EXCEEDED',
      health: ['SERVING', 'SERVING'],
      services: ['inference.GRPCInferenceService', 'sluice.inference.v1.Inference'],
      methods: [
        ['Predict', 'PredictRequest', 'PredictResponse'],
        ['PredictStream', 'PredictRequest', 'Token'],
        ['Embed', 'EmbedRequest', 'EmbedResponse'],
        ['Rank', 'RankRequest', 'RankResponse'],
        ['Classify', 'ClassifyRequest', 'ClassifyResponse'],
        ['Moderate', 'ModerateRequest', 'ModerateResponse'],
        ['Transcribe', 'TranscribeRequest', 'TranscribeResponse'],
        ['CountTokens', 'PredictRequest', 'TokenCount'],
        ['Infer', 'InferRequest', 'InferResponse'],
        ['TensorMetadata', 'TensorMetadataRequest', 'TensorMetadataResponse'],
        ['ListModels', 'ListModelsRequest', 'ListModelsResponse'],
      ],
    });
    const asked = inference.calls.find(({ request }) => request?.model === 'tools')?.request;
    assert.deepEqual(asked, {
      model: 'tools',
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Hello?' }] }],
      sampling: { temperature: 0.5, stop: ['END'] },
      tools: [{ kind: 'function', name: 'weather', parameters: { type: 'object' } }],
      toolChoice: { kind: 'required' },
      dialect: 'sluice',
      extra: { user: 'u1' },
    });
    assert.ok(inference.calls.every(({ context }) => context.tenantId === 'python'));
    // The cancelled and the timed-out call were stopped.
    while (inference.open > 0) await new Promise((resolve) => setImmediate(resolve));
  } finally {
    await server.close();
  }
});
