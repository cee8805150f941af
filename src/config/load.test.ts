import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { configOf, linesOf, withFile } from '../../test/fixtures/config-files.ts';
import { loadConfig } from './load.ts';
import { formatProblem } from './problem.ts';

test('config: without a file everything has its embedded default', () => {
  const config = configOf({ cwd: '/srv/app' });
  assert.deepEqual(config.listen.http, { host: '127.0.0.1', port: 8080 });
  assert.deepEqual(Object.keys(config.models), ['chat', 'stories', 'embed', 'rank', 'classify']);
  assert.deepEqual(config.models['chat'], {
    targets: ['local/chat'],
    routing: { by: 'order', sticky: 'none' },
    timeouts: { connectMs: 2_000, firstTokenMs: 10_000, idleMs: 15_000, totalMs: 120_000 },
    retries: { maxRepeats: 0, share: 0.2, baseDelayMs: 100, maxDelayMs: 2_000, maxWaitMs: 5_000 },
    rescue: 'off',
  });
  assert.deepEqual(config.providers, { local: { type: 'local', models: {} } });
  assert.equal(config.dataDir, '/srv/app/data');
  assert.deepEqual(config.store, { kind: 'sqlite', path: '/srv/app/data/sluice.db' });
  assert.equal(config.secrets.dir, '/srv/app/data/secrets');
  assert.equal(config.inference, undefined);
});

test('config: is frozen to its leaves', () => {
  const config = configOf({});
  assert.throws(() => Object.assign(config.models['chat']!.timeouts, { idleMs: 1 }), TypeError);
  assert.throws(() => (config.models['chat']!.targets as string[]).push('x/y'), TypeError);
});

test('config: a complete file is read, relative paths start at the file', () => {
  const yaml = `
listen: { http: "[::1]:0", grpc: 0.0.0.0:8082 }
providers:
  openai: { type: openai, apiKey: { secret: openai } }
  gpu: { type: openai-compatible, baseUrl: http://vllm:8000/v1/, headers: { x-team: a, api-key: { secret: gpu } }, models: [llama], proxy: "http://proxy:3128/" }
  claude: { type: anthropic, apiKey: { secret: anthropic }, headers: { anthropic-beta: b }, models: [claude-haiku-4-5] }
  gemini: { type: vertex, project: p, location: europe-west4, credentials: { secret: gcp } }
  local: { type: local, threads: 2, models: { mini: { path: models/mini, task: embeddings, pooling: cls } } }
models:
  chat: { targets: [openai/gpt-5-mini, gpu/meta/llama-3, local/chat], timeouts: { idleMs: 1 }, summary: Ours. }
limits: { maxNesting: 16 }
inference: { url: grpcs://inference:8082, transport: unary, tls: { ca: /etc/ca.pem } }
rpc: { transport: multiplex, tls: { cert: tls/a.crt, key: tls/a.key }, requireApiKey: always }
store: sqlite:state/x.db
secrets: { dir: secrets }
telemetry: { otlp: { endpoint: "http://collector:4318/" }, sampleRatio: 1, logFormat: json }
`;
  withFile(yaml, (file, dir) => {
    const config = configOf({ file, cwd: '/elsewhere' });
    assert.deepEqual(config.listen.http, { host: '::1', port: 0 });
    assert.deepEqual(config.providers['openai'], {
      type: 'openai',
      baseUrl: 'https://api.openai.com/v1',
      apiKey: { secret: 'openai' },
      headers: {},
      connections: 512,
      models: [],
      api: 'auto',
    });
    assert.deepEqual(config.providers['gpu'], {
      type: 'openai-compatible',
      baseUrl: 'http://vllm:8000/v1',
      headers: { 'x-team': 'a', 'api-key': { secret: 'gpu' } },
      connections: 512,
      models: ['llama'],
      proxy: 'http://proxy:3128',
      rerank: 'jina',
      continuation: 'none',
    });
    assert.deepEqual(config.providers['claude'], {
      type: 'anthropic',
      baseUrl: 'https://api.anthropic.com/v1',
      apiKey: { secret: 'anthropic' },
      headers: { 'anthropic-beta': 'b' },
      connections: 512,
      models: ['claude-haiku-4-5'],
    });
    assert.deepEqual(config.providers['gemini'], {
      type: 'vertex',
      project: 'p',
      location: 'europe-west4',
      credentials: { secret: 'gcp' },
      headers: {},
      connections: 512,
      models: [],
    });
    assert.deepEqual(config.providers['local'], {
      type: 'local',
      threads: 2,
      models: { mini: { path: join(dir, 'models/mini'), task: 'embeddings', pooling: 'cls' } },
    });
    assert.equal(config.models['chat']?.timeouts.idleMs, 1);
    assert.deepEqual(config.inference, {
      address: { host: 'inference', port: 8082 },
      transport: 'unary',
      tls: { ca: '/etc/ca.pem' },
    });
    assert.deepEqual(config.rpc.tls, { cert: join(dir, 'tls/a.crt'), key: join(dir, 'tls/a.key') });
    assert.equal(config.store.path, join(dir, 'state/x.db'));
    assert.equal(config.secrets.dir, join(dir, 'secrets'));
    assert.equal(config.dataDir, '/elsewhere/data');
    assert.equal(config.telemetry.otlp?.endpoint, 'http://collector:4318');
  });
});

test('config: written providers or models replace the default ones as a whole', () => {
  withFile('providers: { gpu: { type: openai-compatible, baseUrl: http://x/v1 } }', (file) => {
    const config = configOf({ file });
    assert.deepEqual(Object.keys(config.providers), ['gpu']);
    assert.deepEqual(config.models, {});
  });
  withFile('models: { mine: { targets: [local/chat] } }', (file) => {
    assert.deepEqual(Object.keys(configOf({ file }).models), ['mine']);
  });
});

test('config: --set takes YAML values, any path, and the last one counts', () => {
  withFile('listen: { http: 127.0.0.1:1 }\nmodels: { chat: { targets: [local/a, local/b] } }', (file) => {
    const config = configOf({
      file,
      cwd: '/w',
      set: [
        'listen.http=127.0.0.1:0',
        'models.chat.targets[1]=local/c',
        'models.chat.targets[2]=local/d',
        'models["gpt-4.1"].targets=[local/e]',
        'models["gpt-4.1"].summary=a=b',
        'limits.maxNesting=9',
        'limits.maxNesting=10',
        'secrets.dir=s',
      ],
    });
    assert.equal(config.listen.http.port, 0);
    assert.deepEqual(config.models['chat']?.targets, ['local/a', 'local/c', 'local/d']);
    assert.deepEqual(config.models['gpt-4.1']?.targets, ['local/e']);
    assert.equal(config.models['gpt-4.1']?.summary, 'a=b');
    assert.equal(config.limits.maxNesting, 10);
    assert.equal(config.secrets.dir, '/w/s');
  });
  assert.deepEqual(configOf({ set: ['models.chat.targets=[local/x]'] }).models['embed']?.targets, ['local/use-lite']);
});

test('config: flags win over the file, the file over the environment, --data-dir over all', () => {
  const env = { SLUICE_DATA_DIR: '/env', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://env:4318' };
  assert.equal(configOf({ env }).dataDir, '/env');
  assert.equal(configOf({ env }).telemetry.otlp?.endpoint, 'http://env:4318');
  withFile('dataDir: mine\ntelemetry: { otlp: { endpoint: "http://file:4318" } }', (file, dir) => {
    assert.equal(configOf({ env, file }).dataDir, join(dir, 'mine'));
    assert.equal(configOf({ env, file }).telemetry.otlp?.endpoint, 'http://file:4318');
    assert.equal(configOf({ env, file, set: ['dataDir=/flag'] }).dataDir, '/flag');
    assert.equal(configOf({ env, file, set: ['dataDir=/flag'], dataDir: '/last' }).dataDir, '/last');
    assert.equal(configOf({ env: { SLUICE_CONFIG: file } }).dataDir, join(dir, 'mine'));
  });
});

test('config: keys without a value count as absent, anchors and merges work', () => {
  const yaml =
    'limits:\nmodels:\n  a: &base\n    targets: [local/chat]\n    summary: A\n  b: { <<: *base, summary: B }\n  c: *base\n';
  withFile(yaml, (file) => {
    const { models } = configOf({ file });
    assert.deepEqual(
      Object.values(models).map((model) => [model.targets, model.summary]),
      [
        [['local/chat'], 'A'],
        [['local/chat'], 'B'],
        [['local/chat'], 'A'],
      ],
    );
  });
  withFile('', (file) => assert.equal(configOf({ file }).listen.http.port, 8080));
});

test('config: whatever a file holds, loading answers and never throws', () => {
  const value = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom<unknown>(null, true, 0, -1, 1.5, 'text', 'local/chat', 'openai', '127.0.0.1:0', 'grpc://x:1'),
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(
        fc.constantFrom(
          'listen',
          'http',
          'providers',
          'models',
          'type',
          'targets',
          'local',
          'chat',
          'inference',
          'url',
          'headers',
          'telemetry',
          'store',
          '__proto__',
        ),
        tie('tree'),
        { maxKeys: 4 },
      ),
    ),
  })).tree;
  withFile('', (file) => {
    fc.assert(
      fc.property(value, (tree) => {
        writeFileSync(file, JSON.stringify(tree));
        const result = loadConfig({ file, env: {} });
        if ('problems' in result)
          assert.ok(result.problems.every((problem) => formatProblem(problem).includes('expected ')));
      }),
      { numRuns: 300 },
    );
  });
});

test('config: a vertex section has a project or a key, and not two kinds of credentials', () => {
  const yamlOf = (fields: string): string => `providers: { g: { type: vertex, ${fields} } }\nmodels: {}\n`;
  const problems = (fields: string): string => linesOf(yamlOf(fields)).join('\n');
  for (const fields of ['apiKey: { secret: k }', 'project: p']) {
    withFile(yamlOf(fields), (file) => assert.equal(configOf({ file }).providers['g']?.type, 'vertex'));
  }
  assert.match(problems('location: eu'), /providers\.g: .*expected a project, or an apiKey for the Gemini API/);
  const both = 'project: p, apiKey: { secret: k }, credentials: { secret: c }';
  assert.match(problems(both), /expected either credentials or apiKey, not both/);
  assert.match(problems('project: p, location: "evil.example/"'), /expected a location of Google Cloud/);
});
