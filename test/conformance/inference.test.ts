// Runs the conformance suite of the port Inference on the object itself and on both gRPC forms.

import { createSystemClock } from '../../src/adapters/system/clock.ts';
import type { CallContext } from '../../src/core/call-context.ts';
import { openCallScope } from '../../src/inference/deadline.ts';
import type { Inference } from '../../src/ports/inference.ts';
import { createInferenceClient } from '../../src/rpc/inference-client.ts';
import { createRpcServer } from '../../src/rpc/rpc-server.ts';
import { createFakeIds } from '../fixtures/fake-ids.ts';
import type { ScriptedInference } from '../fixtures/scripted-inference.ts';
import { createRecordingLog, createRecordingMetrics } from '../fixtures/silent-telemetry.ts';
import type { InferenceSubject } from './inference-harness.ts';
import { inferenceConformance } from './inference-suite.ts';

type Ask<Request, Response> = (request: Request, context: CallContext, signal: AbortSignal) => Promise<Response>;

async function overGrpc(scripted: ScriptedInference, transport: 'unary' | 'multiplex'): Promise<InferenceSubject> {
  const common = { clock: createSystemClock(), ids: createFakeIds(), log: createRecordingLog() };
  const metrics = createRecordingMetrics();
  const server = createRpcServer({ ...common, metrics, inference: scripted, requireApiKey: false });
  const target = `grpc://${await server.listen('127.0.0.1:0')}`;
  const client = createInferenceClient({ ...common, target, transport });
  return {
    inference: client,
    async close() {
      await client.close();
      await server.close();
    },
  };
}

/** Keeps deadlines as the service behind the port does; the scripted Inference is only a provider. */
function withDeadlines(scripted: ScriptedInference): Inference {
  const clock = createSystemClock();
  const timed =
    <Request, Response>(ask: Ask<Request, Response>): Ask<Request, Response> =>
    (request, context, signal) => {
      const scope = openCallScope(context, signal, clock);
      return ask(request, context, scope.signal).finally(() => scope.close());
    };
  return {
    predict: timed(scripted.predict),
    async *predictStream(request, context, signal) {
      const scope = openCallScope(context, signal, clock);
      try {
        yield* scripted.predictStream(request, context, scope.signal);
      } finally {
        scope.close();
      }
    },
    embed: timed(scripted.embed),
    rank: timed(scripted.rank),
    classify: timed(scripted.classify),
    moderate: timed(scripted.moderate),
    transcribe: timed(scripted.transcribe),
    countTokens: timed(scripted.countTokens),
    infer: timed(scripted.infer),
    tensorMetadata: timed(scripted.tensorMetadata),
    listModels: scripted.listModels,
  };
}

inferenceConformance(
  'direct',
  async (scripted) => ({ inference: withDeadlines(scripted), close: async () => undefined }),
  { maxPartsAhead: 0 },
);

// 64 KB of flow control window each way out, and what Node and grpc-js hold on both sides.
inferenceConformance('over unary gRPC', (scripted) => overGrpc(scripted, 'unary'), { maxPartsAhead: 150 });

inferenceConformance('over multiplexed gRPC', (scripted) => overGrpc(scripted, 'multiplex'), { maxPartsAhead: 32 });
