import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { configOf, linesOf, problemsOf, withFile } from '../../test/fixtures/config-files.ts';
import { formatProblem } from './problem.ts';

test('config: every fault is reported at once, with its place, what is there, what was expected and how to mend it', () => {
  const yaml = `listen:
  http: 8080
  htpp: 127.0.0.1:1
providers:
  openai: { type: openai, apiKey: sk-live-123 }
  gpu: { type: openai-compatible }
  typo: { type: opnai }
models:
  chat:
    targets: [opnai/gpt-5-mini, chat]
    timeouts: { idleMs: "5000", totalMs: 0 }
  none: {}
telemetry: { logLevel: trace }
limts: { maxNesting: 3 }
`;
  assert.deepEqual(linesOf(yaml, ['limits.maxNesting=2']), [
    '2:9 listen.http: found 8080, expected HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080 (write 127.0.0.1:8080, or 0.0.0.0:8080 for all interfaces)',
    '3:3 listen.htpp: found the unknown key "htpp", expected one of http, admin, grpc (did you mean "http"?)',
    '5:35 providers.openai.apiKey: found text (not shown: it may be a secret), expected a reference to a secret: { secret: NAME } (put the value into the file openai in secrets.dir (mode 600) and write apiKey: { secret: openai })',
    '6:3 providers.gpu.baseUrl: found nothing, expected an http:// or https:// address, such as http://vllm:8000/v1',
    '7:17 providers.typo.type: found "opnai", expected one of openai-compatible, openai, anthropic, vertex, open-inference, local (did you mean "openai"?)',
    '10:15 models.chat.targets[0]: found "opnai/gpt-5-mini", expected a model of a configured provider: openai/…, gpu/…, typo/… (did you mean "openai/gpt-5-mini"?)',
    '10:33 models.chat.targets[1]: found "chat", expected PROVIDER/MODEL, such as local/chat',
    '11:25 models.chat.timeouts.idleMs: found "5000", expected a whole number from 1 to 86400000 (milliseconds) (write the number without quotes)',
    '11:42 models.chat.timeouts.totalMs: found 0, expected a whole number from 1 to 86400000 (milliseconds)',
    '12:3 models.none.targets: found nothing, expected a list of PROVIDER/MODEL, such as [local/chat]',
    '13:24 telemetry.logLevel: found "trace", expected one of debug, info, warn, error',
    '14:1 limts: found the unknown key "limts", expected one of dataDir, listen, providers, models, breaker, limits, inference, rpc, store, responses, bus, secrets, telemetry (did you mean "limits"?)',
    '--set limits.maxNesting=2 limits.maxNesting: found 2, expected a whole number from 8 to 1000',
  ]);
});

test('config: what later versions will have is refused by name, not ignored, and shows no password', () => {
  const yaml = `providers:
  gpu: { type: openai-compatible, baseUrl: http://vllm:8000/v1 }
models:
  chat: { targets: [gpu/haiku], cache: { exact: { ttl: 1h } }, degrade: [stale] }
store: postgres://user:hunter2@db/sluice
bus: nats://broker
state: redis://x
`;
  const lines = linesOf(yaml);
  assert.deepEqual(lines, [
    '4:33 models.chat.cache: found the key "cache", expected a configuration without it: answer caches are not supported by this version',
    '4:64 models.chat.degrade: found the key "degrade", expected a configuration without it: degradation is not supported by this version',
    '5:1 store: found postgres://…, expected sqlite:PATH: postgres:// is not supported by this version',
    '6:1 bus: found nats://…, expected embedded: nats:// is not supported by this version',
    '7:1 state: found the section "state", expected a configuration without it: shared state (Redis) is not supported by this version',
  ]);
  assert.doesNotMatch(lines.join(), /hunter2/);
});

test('config: credentials in plain text are refused wherever they hide, and never repeated', () => {
  const yaml = `providers:
  a: { type: openai-compatible, baseUrl: "https://user:hunter2@x/v1" }
  b: { type: openai-compatible, baseUrl: "https://x/v1", headers: { X-Api-Key: hunter2, accept: "*/*" } }
  c: { type: openai, apiKey: { secret: "bad name hunter2" } }
telemetry: { otlp: { endpoint: "http://x", headers: { Authorization: Bearer hunter2 } } }
`;
  const lines = linesOf(yaml);
  assert.deepEqual(
    lines.map((line) => line.split(':').slice(0, 3).join(':').split(' ')[1]),
    [
      'providers.a.baseUrl:',
      'providers.b.headers.X-Api-Key:',
      'providers.c.apiKey.secret:',
      'telemetry.otlp.headers.Authorization:',
    ],
  );
  assert.doesNotMatch(lines.join(), /hunter2/);
});

test('config: faults of YAML have their line, all of them at once', () => {
  assert.deepEqual(linesOf('listen: {}\nlisten: {}\nbus: [\n'), [
    '2:1: found the same key twice, expected each key once in a section',
    '4:1: found Flow sequence in block collection must be sufficiently indented and end with a ], expected valid YAML',
  ]);
  assert.deepEqual(linesOf('listen:\n\thttp: x\n'), ['2:1: found a tab, expected spaces as indentation']);
  assert.deepEqual(linesOf('- a\n'), ['1:1: found a list, expected sections, such as "listen:" and "models:"']);
  assert.deepEqual(linesOf('just text'), [
    '1:1: found "just text", expected sections, such as "listen:" and "models:"',
  ]);
});

test('config: a missing, huge or odd file is one clear problem', () => {
  withFile('', (file, dir) => {
    const messages = (path: string): string[] => problemsOf({ file: path }).map(formatProblem);
    assert.deepEqual(messages(join(dir, 'none.yaml')), [
      `${join(dir, 'none.yaml')}: found no such file, expected a readable configuration file`,
    ]);
    mkdirSync(join(dir, 'folder'));
    assert.match(messages(join(dir, 'folder')).join(), /found a folder/);
    writeFileSync(file, 'a'.repeat(2 * 1024 * 1024));
    assert.match(messages(file).join(), /2097152 bytes, more than 1048576/);
  });
});

test('config: a YAML bomb is refused, not expanded', () => {
  const layers = Array.from(
    { length: 12 },
    (_, at) => `l${at + 1}: &l${at + 1} [${Array(10).fill(`*l${at}`).join(', ')}]`,
  );
  assert.match(linesOf(`l0: &l0 [x]\n${layers.join('\n')}\n`).join(), /alias/i);
  assert.match(linesOf('a: &a [*a]\n').join(), /an alias that stands for a section it is part of/);
});

test('config: bad flags are reported with the flag', () => {
  const messages = problemsOf({
    set: [
      'nonsense',
      '=1',
      'listen..http=1',
      'a b=1',
      'limits=[',
      'listen.http.x=1',
      'modles.x=1',
      '__proto__.x=1',
      'models.chat.targets[5]=a/b',
    ],
  }).map(formatProblem);
  assert.deepEqual(messages, [
    '--set nonsense: found "nonsense", expected PATH=VALUE, such as listen.http=127.0.0.1:0',
    '--set =1: found "=1", expected PATH=VALUE, such as listen.http=127.0.0.1:0',
    '--set listen..http=1: found "listen..http=1", expected PATH=VALUE, such as listen.http=127.0.0.1:0',
    '--set a b=1: found "a b=1", expected PATH=VALUE, such as listen.http=127.0.0.1:0',
    '--set limits=[ limits: found Flow sequence must end with a ], expected a value in YAML',
    '--set __proto__.x=1: found "__proto__.x=1", expected PATH=VALUE, such as listen.http=127.0.0.1:0',
    '--set models.chat.targets[5]=a/b models.chat.targets[5]: found a path through a value that is no section, expected the path of a value',
    '--set listen.http.x=1 listen.http: found a section, expected HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080',
    '--set modles.x=1 modles: found the unknown key "modles", expected one of dataDir, listen, providers, models, breaker, limits, inference, rpc, store, responses, bus, secrets, telemetry (did you mean "models"?)',
  ]);
});

test('config: a fault from the environment names the variable', () => {
  const [problem] = problemsOf({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' } });
  assert.equal(
    problem && formatProblem(problem),
    'OTEL_EXPORTER_OTLP_ENDPOINT (environment) telemetry.otlp.endpoint: found "collector:4318", expected an http:// or https:// address, such as http://collector:4318',
  );
});

test('config: two listeners on one port, and half of a client certificate, are noticed', () => {
  assert.deepEqual(linesOf('listen: { http: 127.0.0.1:9000, grpc: 127.0.0.1:9000 }\n'), [
    '1:39 listen.grpc: found "127.0.0.1:9000", expected another address than listen.http',
  ]);
  assert.deepEqual(linesOf('inference: { url: "grpc://h:1", tls: { cert: a } }\n'), [
    '1:38 inference.tls: found a section, expected both cert and key, or neither',
  ]);
  withFile('listen: { http: 127.0.0.1:0, admin: 127.0.0.1:0, grpc: 127.0.0.1:0 }', (file) => configOf({ file }));
});
