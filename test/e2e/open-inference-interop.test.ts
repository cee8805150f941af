// A client that knows nothing of us, Python's grpcio with stubs from the protocol's own published proto, talks to a real server: our
// proto is written anew, and only another's can show that it says the same.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { chainKey, startTensorChain } from '../fixtures/tensor-chain.ts';

const run = promisify(execFile);
const python = join(import.meta.dirname, '../../.cache/python-grpc/venv/bin/python');
const proto = join(import.meta.dirname, '../../../shared/data/spec/kserve/open_inference_grpc.proto.gz');

function missing(): string | undefined {
  if (!existsSync(proto)) return '../shared/data is not here';
  return existsSync(python) ? undefined : 'no Python gRPC client: `node scripts/setup-python-grpc.ts` says why';
}

test('open inference interop: a Python client of the published proto asks for everything that the protocol has', {
  timeout: 60_000,
  skip: missing() ?? false,
}, async (t) => {
  const stubs = mkdtempSync(join(tmpdir(), 'sluice-open-inference-'));
  t.after(() => rmSync(stubs, { recursive: true }));
  writeFileSync(join(stubs, 'open_inference_grpc.proto'), gunzipSync(readFileSync(proto)));
  const out = [`-I${stubs}`, `--python_out=${stubs}`, `--grpc_python_out=${stubs}`];
  await run(python, ['-m', 'grpc_tools.protoc', ...out, 'open_inference_grpc.proto']);
  const { grpcAddress } = await startTensorChain(t);
  const client = join(import.meta.dirname, 'open-inference-interop.py');
  const { stdout } = await run(python, [client, stubs, grpcAddress, chainKey]);
  assert.deepEqual(JSON.parse(stdout), {
    live: true,
    ready: true,
    server: ['sluice', '9.9.9'],
    model_ready: [true, false],
    model: {
      name: 'sum',
      platform: 'fixture_byhand',
      inputs: [
        ['a', 'FP32', [-1]],
        ['b', 'FP32', [-1]],
      ],
      outputs: [['sum', 'FP32', [-1]]],
    },
    typed: ['py-1', 'sum', [11, 22], 0],
    raw: [[11, 22], false],
    changed: [],
    failures: ['UNAUTHENTICATED', 'NOT_FOUND', 'INVALID_ARGUMENT', 'INVALID_ARGUMENT'],
  });
});
