// The table of operations behind a real server, over both transports: what is refused before anybody works on it, and what happens
// to messages that are too large. That answers cross unchanged is the conformance suite's to say.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { chatRequest, contextFor } from '../../test/fixtures/calls.ts';
import { createFakeIds } from '../../test/fixtures/fake-ids.ts';
import { createScriptedInference, type ScriptedInference } from '../../test/fixtures/scripted-inference.ts';
import { createRecordingLog, createRecordingMetrics } from '../../test/fixtures/silent-telemetry.ts';
import { createSystemClock } from '../adapters/system/clock.ts';
import { maxRemoteBodyBytes } from '../config/defaults.ts';
import type { CallContext } from '../core/call-context.ts';
import type { EmbedRequest } from '../core/embed.ts';
import { SluiceError } from '../core/error.ts';
import type { PredictRequest } from '../core/predict.ts';
import type { InferRequest, Tensor } from '../core/tensor.ts';
import type { TranscribeRequest } from '../core/transcribe.ts';
import { defaultEdgeLimits } from '../edge/defaults.ts';
import { defaultClientLimits, defaultServerLimits } from './defaults.ts';
import { createInferenceClient, type InferenceClient } from './inference-client.ts';
import { operations } from './operations.ts';
import { createRpcServer } from './rpc-server.ts';

const clock = createSystemClock();
const { signal } = new AbortController();

interface Bench {
  readonly client: InferenceClient;
  readonly scripted: ScriptedInference;
  readonly metrics: ReturnType<typeof createRecordingMetrics>;
}

/** A largest message for each end, in bytes. */
interface Limits {
  readonly server?: number;
  readonly client?: number;
}

function limit(maxMessageBytes: number | undefined): { limits?: { maxMessageBytes: number } } {
  return maxMessageBytes === undefined ? {} : { limits: { maxMessageBytes } };
}

async function overBoth(limits: Limits, run: (bench: Bench, transport: string) => Promise<void>): Promise<void> {
  for (const transport of ['unary', 'multiplex'] as const) {
    const scripted = createScriptedInference();
    const metrics = createRecordingMetrics();
    const common = { clock, ids: createFakeIds(), log: createRecordingLog() };
    const server = createRpcServer({
      ...common,
      metrics,
      inference: scripted,
      requireApiKey: false,
      ...limit(limits.server),
    });
    const target = `grpc://${await server.listen('127.0.0.1:0')}`;
    const client = createInferenceClient({ ...common, target, transport, ...limit(limits.client) });
    try {
      await run({ client, scripted, metrics }, transport);
    } finally {
      await client.close();
      await server.close();
    }
  }
}

const context = (): CallContext => contextFor(clock);
const transcription: TranscribeRequest = { model: 'm', audio: Uint8Array.of(1), fileName: 'a.wav', mediaType: '' };
const tensor: Tensor = { name: 'x', datatype: 'UINT8', shape: [1], data: Uint8Array.of(1) };
const inference: InferRequest = { model: 'm', version: '', id: '', inputs: [tensor], outputs: [] };

/** For assert.rejects: the reason and the field, or the message. */
function failsWith(reason: string, saying: { param?: string; message?: RegExp }): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof SluiceError, String(error));
    assert.equal(error.reason, reason, `${error.message} (${error.detail})`);
    if (saying.param !== undefined) assert.equal(error.param, saying.param);
    if (saying.message !== undefined) assert.match(error.message, saying.message);
    return true;
  };
}

const choices = (choiceCount: number) => chatRequest('m', { sampling: { choiceCount } });

type Refusal = readonly [param: string, call: (client: InferenceClient) => Promise<unknown>];

/** For every required field of every operation, a request without it. */
const refusals: readonly Refusal[] = [
  ['model', (client) => client.predict(chatRequest(''), context(), signal)],
  ['messages', (client) => client.predict(chatRequest('m', { messages: [] }), context(), signal)],
  ['sampling.choice_count', (client) => client.predict(choices(0), context(), signal)],
  ['sampling.choice_count', (client) => client.predict(choices(129), context(), signal)],
  ['model', (client) => client.embed({ model: '', input: ['x'] }, context(), signal)],
  ['input', (client) => client.embed({ model: 'm', input: [] }, context(), signal)],
  [
    'tokens',
    (client) => client.embed({ model: 'm', input: ['x'], tokens: [[1]] } as unknown as EmbedRequest, context(), signal),
  ],
  ['prompt', (client) => client.predict({ ...chatRequest('m'), prompt: 'x' } as PredictRequest, context(), signal)],
  ['tokens[1]', (client) => client.embed({ model: 'm', input: [], tokens: [[1], []] }, context(), signal)],
  ['model', (client) => client.rank({ model: '', query: 'q', documents: ['d'] }, context(), signal)],
  ['query', (client) => client.rank({ model: 'm', query: '', documents: ['d'] }, context(), signal)],
  ['documents', (client) => client.rank({ model: 'm', query: 'q', documents: [] }, context(), signal)],
  ['model', (client) => client.classify({ model: '', input: ['x'] }, context(), signal)],
  ['input', (client) => client.classify({ model: 'm', input: [] }, context(), signal)],
  ['model', (client) => client.moderate({ model: '', input: [[{ type: 'text', text: 'x' }]] }, context(), signal)],
  ['input', (client) => client.moderate({ model: 'm', input: [] }, context(), signal)],
  [
    'input[1]',
    (client) => client.moderate({ model: 'm', input: [[{ type: 'text', text: 'x' }], []] }, context(), signal),
  ],
  ['model', (client) => client.transcribe({ ...transcription, model: '' }, context(), signal)],
  ['audio', (client) => client.transcribe({ ...transcription, audio: new Uint8Array() }, context(), signal)],
  ['file_name', (client) => client.transcribe({ ...transcription, fileName: '' }, context(), signal)],
  ['model', (client) => client.countTokens(chatRequest(''), context(), signal)],
  ['messages', (client) => client.countTokens(chatRequest('m', { messages: [] }), context(), signal)],
  ['model', (client) => client.infer({ ...inference, model: '' }, context(), signal)],
  ['inputs', (client) => client.infer({ ...inference, inputs: [] }, context(), signal)],
  ['inputs[0].name', (client) => client.infer({ ...inference, inputs: [{ ...tensor, name: '' }] }, context(), signal)],
  ['outputs[0].name', (client) => client.infer({ ...inference, outputs: [{ name: '' }] }, context(), signal)],
  ['model', (client) => client.tensorMetadata({ model: '', version: '' }, context(), signal)],
];

describe('operations', { timeout: 20_000 }, () => {
  test('operations: a request that asks for nothing is refused by its field and reaches nobody', async () => {
    await overBoth({}, async ({ client, scripted }) => {
      for (const [param, call] of refusals) {
        await assert.rejects(call(client), failsWith('invalid_request', { param }));
      }
      assert.equal(scripted.calls.length, 0);
    });
  });

  test('operations: every call is counted under the name of its method, refused ones too', async () => {
    await overBoth({}, async ({ client, metrics }, transport) => {
      await client.rank({ model: 'm', query: 'q', documents: ['d'] }, context(), signal);
      await client.tensorMetadata({ model: 'm', version: '' }, context(), signal);
      await client.rank({ model: 'm', query: 'q', documents: [] }, context(), signal).catch(() => undefined);
      assert.equal(metrics.values.get(`sluice_rpc_calls_total{rank,${transport},ok}`), 1);
      assert.equal(metrics.values.get(`sluice_rpc_calls_total{tensorMetadata,${transport},ok}`), 1);
      assert.equal(metrics.values.get(`sluice_rpc_calls_total{rank,${transport},invalid_request}`), 1);
    });
  });

  test('operations: a recording or a tensor over the limit of either end is body_too_large and says the limit', async () => {
    const large = new Uint8Array(200_000);
    for (const limits of [{ server: 100_000 }, { client: 100_000 }]) {
      await overBoth(limits, async ({ client, scripted }) => {
        const tooLarge = failsWith('body_too_large', { message: /^The request is larger than 100000 bytes\.$/ });
        const audio = client.transcribe({ ...transcription, audio: large }, context(), signal);
        await assert.rejects(audio, tooLarge);
        const inputs = [{ ...tensor, shape: [large.length], data: large }];
        await assert.rejects(client.infer({ ...inference, inputs }, context(), signal), tooLarge);
        assert.equal(scripted.calls.length, 0);
        await client.infer(inference, context(), signal);
      });
    }
  });

  test('operations: the largest body that an edge takes crosses unless an operator changes a limit', async () => {
    const audio = new Uint8Array(defaultEdgeLimits.maxUploadBytes);
    await overBoth({}, async ({ client }) => {
      const { text } = await client.transcribe({ ...transcription, audio }, context(), signal);
      assert.equal(text, `${audio.length} bytes`);
    });
    assert.ok(maxRemoteBodyBytes < Math.min(defaultServerLimits.maxMessageBytes, defaultClientLimits.maxMessageBytes));
  });

  test('operations: an answer over the limit costs only its own call and says the limit', async () => {
    await overBoth({ server: 100_000 }, async ({ client, scripted }) => {
      const data = new Uint8Array(200_000);
      scripted.answers.infer = () => ({
        model: 'm',
        target: 't',
        attempts: 1,
        version: '',
        id: '',
        outputs: [{ name: 'y', datatype: 'UINT8', shape: [data.length], data }],
      });
      const tooLarge = failsWith('internal', { message: /^The answer is larger than 100000 bytes\.$/ });
      await assert.rejects(client.infer(inference, context(), signal), tooLarge);
      await client.rank({ model: 'm', query: 'q', documents: ['d'] }, context(), signal);
    });
  });
});

test('operations: the table has every method of the port that has one answer', () => {
  const methods = Object.keys(createScriptedInference().answers).concat('predict', 'embed', 'listModels');
  assert.deepEqual(Object.keys(operations).sort(), methods.sort());
});
