import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Config } from './config.ts';
import { loadConfig } from './load.ts';
import { printConfig } from './print.ts';

function load(yaml: string): Config {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-print-'));
  try {
    const file = join(dir, 'sluice.yaml');
    writeFileSync(file, yaml);
    const result = loadConfig({ file, env: {}, cwd: '/srv' });
    if ('problems' in result) assert.fail(JSON.stringify(result.problems));
    return result.config;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

const full = `
listen: { http: "[::1]:0" }
providers:
  openai: { type: openai, apiKey: { secret: openai } }
  local: { type: local, models: { mini: { path: m, task: chat } } }
models: { chat: { targets: [openai/gpt-5-mini, local/chat], summary: "Ours: the best" } }
inference: { url: grpcs://inference:8082, transport: unary, tls: { ca: ca.pem } }
rpc: { tls: { cert: a, key: b } }
telemetry: { otlp: { endpoint: "http://c:4318" } }
`;

test('config print: what is printed can be read again and means the same', () => {
  for (const yaml of [
    '',
    full,
    'inference: grpcs://h:1',
    'inference: grpc://h:1',
    'inference: { url: "grpc://h:1", tls: {} }',
  ]) {
    const config = load(yaml);
    assert.deepEqual(load(printConfig(config)), config);
  }
});

test('config print: secrets stay references and header text is masked', () => {
  const yaml = `
providers:
  gpu: { type: openai-compatible, baseUrl: "http://x/v1", apiKey: { secret: gpu }, headers: { x-team: hunter2, x-auth-token: { secret: t } } }
telemetry: { otlp: { endpoint: "http://c:4318", headers: { x-scope: hunter2 } } }`;
  const printed = printConfig(load(yaml));
  assert.doesNotMatch(printed, /hunter2/);
  assert.match(printed, /apiKey:\n {6}secret: gpu\n/);
  assert.match(printed, /x-team: "\*+"\n {6}x-auth-token:\n {8}secret: t\n/);
});
