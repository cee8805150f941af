// A listening edge in front of a scripted Inference, for the suites that drive it with the vendors' own clients.

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { createSystemClock } from '../../src/adapters/system/clock.ts';
import { createSystemIds } from '../../src/adapters/system/ids.ts';
import { SluiceError } from '../../src/core/error.ts';
import type { PredictRequest } from '../../src/core/predict.ts';
import { defaultEdgeLimits } from '../../src/edge/defaults.ts';
import { createEdgeServer } from '../../src/edge/server.ts';
import {
  createScriptedInference,
  type ScriptedInference,
  type ScriptStep,
  untilAborted,
} from '../fixtures/scripted-inference.ts';
import { createRecordingLog, createRecordingMetrics } from '../fixtures/silent-telemetry.ts';

/** The only key that the server knows. */
export const goodKey = 'sk-sluice-test';

/** What a test talks to and looks at. */
export interface SdkServer {
  /** `http://127.0.0.1:port`, without a path. */
  readonly url: string;
  readonly inference: ScriptedInference;
}

/** Starts a server for one test and closes it when the test ends; a model call that is then still open fails the test. */
export async function startSdkServer(t: TestContext): Promise<SdkServer> {
  const inference = createScriptedInference();
  const clock = createSystemClock();
  const server = createEdgeServer({
    inference,
    authenticator: {
      authenticate(key) {
        if (key !== goodKey) throw new SluiceError('invalid_api_key');
        return { tenantId: 'tenant-1', keyId: 'key_1' };
      },
    },
    clock,
    ids: createSystemIds(clock),
    log: createRecordingLog(),
    metrics: createRecordingMetrics(),
    readiness: () => ({ ready: true, checks: {} }),
    limits: defaultEdgeLimits,
    defaultTimeoutMs: 60_000,
  });
  const { host, port } = await server.listen({ host: '127.0.0.1', port: 0 });
  t.after(async () => {
    await server.drain(5_000);
    await server.close();
    if (inference.open !== 0) throw new Error(`${inference.open} model calls were left open`);
  });
  return { url: `http://${host}:${port}`, inference };
}

/** A step at which the model thinks until it is stopped, and a promise of the moment when it was. */
export function thinkForEver(): { readonly step: ScriptStep; readonly stopped: Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { stopped: promise, step: (signal) => untilAborted(signal).finally(resolve) };
}

/** What the model was asked in the call of this number. Fails the test when there was no such call. */
export function requestOf(inference: ScriptedInference, index: number): PredictRequest {
  const request = inference.calls[index]?.request;
  assert.ok(request !== undefined && 'messages' in request, `call ${index} is not a predict call`);
  return request;
}
