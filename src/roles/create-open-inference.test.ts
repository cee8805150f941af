import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ServerCredentials } from '@grpc/grpc-js';
import { createTestAuthority } from '../../test/fixtures/certificates.ts';
import { quarterEstimator } from '../../test/fixtures/quarter-estimator.ts';
import { createRecordingLog } from '../../test/fixtures/silent-telemetry.ts';
import { addRequest, floatTensor } from '../../test/fixtures/tensor-provider.ts';
import { startTensorServer } from '../../test/fixtures/tensor-server.ts';
import { answerWith, startUpstream } from '../../test/fixtures/upstream.ts';
import { modelCall } from '../../test/fixtures/upstream-calls.ts';
import { createSystemClock } from '../adapters/system/clock.ts';
import type { OpenInferenceConfig } from '../config/config.ts';
import { textOf } from '../core/message.ts';
import { createOpenInference } from './create-open-inference.ts';
import { routingTableOf } from './create-routing-table.ts';

const services = {
  secrets: { get: async (name: string) => `value of ${name}` },
  clock: createSystemClock(),
  estimator: quarterEstimator,
  log: createRecordingLog(),
};

const section: OpenInferenceConfig = {
  type: 'open-inference',
  url: 'grpc://127.0.0.1:1',
  headers: {},
  concurrency: 4,
  binaryData: false,
  models: {},
};

test('create open-inference: certificates are read from their files, keys and headers from the secrets', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-tls-'));
  const authority = createTestAuthority();
  const { cert, key } = authority.issue('dns:localhost');
  const pair = { cert_chain: Buffer.from(cert), private_key: Buffer.from(key) };
  const server = await startTensorServer(ServerCredentials.createSsl(null, [pair], false));
  const ca = join(folder, 'ca.pem');
  writeFileSync(ca, authority.ca);
  const provider = createOpenInference(
    'triton',
    {
      ...section,
      url: server.url.replace('grpc://127.0.0.1', 'grpcs://localhost'),
      tls: { ca },
      apiKey: { secret: 'triton' },
      headers: { 'x-team': { secret: 'team' } },
    },
    services,
  );
  try {
    await provider.ready(new AbortController().signal);
    const response = await provider.infer?.(addRequest, modelCall('add'));
    assert.deepEqual(response?.outputs, [floatTensor('sum', 11, 22)]);
    const sent = server.calls[0]?.metadata.getMap();
    assert.deepEqual([sent?.['authorization'], sent?.['x-team']], ['Bearer value of triton', 'value of team']);
  } finally {
    await provider.close();
    await server.close();
    rmSync(folder, { recursive: true });
  }
});

test('create open-inference: a template is found by its name, and configured models are listed', async () => {
  const upstream = await startUpstream(answerWith({ body: '{"text_output":"Hi"}' }));
  const config: OpenInferenceConfig = {
    ...section,
    generateUrl: upstream.baseUrl.replace('/v1', ''),
    models: {
      llm: { task: 'generate', template: 'chatml', backend: 'tensorrt-llm', parameters: { max_tokens: 9 } },
      resnet: { task: 'infer' },
    },
  };
  const provider = createOpenInference('triton', config, services);
  try {
    const request = {
      model: 'm',
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Hello' }] }],
      sampling: {},
      dialect: 'openai',
    } as const;
    assert.equal(textOf((await provider.predict(request, modelCall('llm'))).content), 'Hi');
    assert.deepEqual(JSON.parse(upstream.exchanges[0]?.body ?? ''), {
      text_input: '<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n',
      parameters: { max_tokens: 9, stream: false },
    });
    const whole = { providers: { triton: config }, models: {} } as unknown as Parameters<typeof routingTableOf>[0];
    const table = routingTableOf(whole, new Map([['triton', provider]]));
    assert.deepEqual(
      table.list().map(({ id }) => id),
      ['triton/llm', 'triton/resnet'],
    );
  } finally {
    await provider.close();
    await upstream.close();
  }
});
