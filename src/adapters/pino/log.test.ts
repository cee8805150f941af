import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { SluiceError } from '../../core/error.ts';
import { maxErrorChars } from './defaults.ts';
import { createPinoLog, type PinoLog, type PinoLogOptions } from './log.ts';

function setUp(options: Partial<PinoLogOptions> = {}): {
  log: PinoLog;
  text: () => string;
  lines: () => Record<string, unknown>[];
} {
  const written: string[] = [];
  const destination = { write: (line: string) => written.push(line) };
  const log = createPinoLog({ level: 'info', format: 'json', destination, ...options });
  return { log, text: () => written.join(''), lines: () => written.map((line) => JSON.parse(line)) };
}

test('pino log: a line is one JSON object with time, level, fields and message, and no host name', () => {
  const { log, lines } = setUp({ base: { role: 'edge' } });
  log.child({ requestId: 'req_1' }).warn({ status: 429 }, 'too many');
  const [line] = lines();
  assert.match(String(line?.['time']), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  delete line?.['time'];
  assert.deepEqual(line, { level: 'warn', role: 'edge', requestId: 'req_1', status: 429, msg: 'too many' });
});

test('pino log: the level can be moved at run time, for children too', () => {
  const { log, lines } = setUp();
  const child = log.child({});
  child.debug({}, 'one');
  log.setLevel('debug');
  child.debug({}, 'two');
  log.setLevel('error');
  child.warn({}, 'three');
  child.error({}, 'four');
  assert.deepEqual(
    lines().map((line) => line['msg']),
    ['two', 'four'],
  );
});

test('pino log: credentials do not reach a line, at any usual depth or spelling, and the caller’s object is left alone', () => {
  const { log, text } = setUp();
  const headers = { Authorization: 'Bearer hunter2', 'x-api-key': 'hunter2', accept: '*/*' };
  const fields = { authorization: 'hunter2', apiKey: 'hunter2', headers, req: { headers } };
  log.info(fields, 'request');
  log.child({ cookie: 'hunter2' }).info({}, 'child');
  assert.doesNotMatch(text(), /hunter2/);
  assert.match(text(), /"accept":"\*\/\*"/);
  assert.equal(headers.Authorization, 'Bearer hunter2');
});

test('pino log: fields that JSON has no form for are written as far as they can be, and lose no line', () => {
  const { log, lines } = setUp({ base: { role: 'edge' } });
  const cycle: Record<string, unknown> = { name: 'self' };
  cycle['self'] = cycle;
  log.info({ cycle, size: 12n, absent: undefined }, 'odd');
  log.child({ cycle }).info({ requestId: 'req_1' }, 'child');
  const [odd, child] = lines();
  assert.deepEqual(odd?.['cycle'], { name: 'self', self: '[Circular]' });
  assert.equal(odd?.['role'], 'edge');
  assert.equal(child?.['requestId'], 'req_1');
});

test('pino log: our failures are written by reason, faults of the program with a stack', () => {
  const { log, lines } = setUp();
  const cause = new TypeError('x is not a function');
  log.error({ error: new SluiceError('rate_limited', { detail: 'bucket 7' }) }, 'a');
  log.error({ error: new SluiceError('internal', { cause }) }, 'b');
  log.error({ error: cause }, 'c');
  const [own, internal, foreign] = lines().map((line) => line['error'] as Record<string, unknown>);
  assert.deepEqual(own, {
    reason: 'rate_limited',
    message: 'The rate limit of the API key is used up.',
    detail: 'bucket 7',
  });
  assert.equal(internal?.['cause'], 'TypeError: x is not a function');
  assert.match(String(internal?.['stack']), /^TypeError: x is not a function\n.* at /);
  assert.match(String(foreign?.['stack']), /log\.test\.ts/);
});

test('pino log: the pretty format is one readable line, and logged text cannot drive the terminal', () => {
  const { log, text } = setUp({ format: 'pretty' });
  log.info({ requestId: 'req_1', route: '/v1/models', note: 'two words' }, 'done');
  log.error({ evil: '\u001b[2J', error: new TypeError('broken\u001b[2J') }, 'bad \u001b[31m');
  const [first, second, ...stack] = text().split('\n');
  assert.match(
    first ?? '',
    /^\d\d:\d\d:\d\d\.\d{3} info {2}done {2}requestId=req_1 route=\/v1\/models note="two words"$/,
  );
  assert.match(second ?? '', /error bad \\x1b\[31m {2}evil="\\u001b\[2J" error=\{"name":"TypeError"/);
  assert.match(stack.join('\n'), /^ {4}TypeError: broken\\x1b/);
  assert.ok(!text().includes('\u001b'));
});

test('pino log: colours only when asked for', () => {
  const { log, text } = setUp({ format: 'pretty', color: true });
  log.warn({}, 'x');
  assert.ok(text().includes('\u001b[33mwarn \u001b[0m'));
});

test('pino log: standard error by default, and flush writes everything before the process ends', () => {
  const script = `
    import { createPinoLog } from ${JSON.stringify(import.meta.resolve('./log.ts'))};
    const log = createPinoLog({ level: 'info', format: 'json' });
    for (let at = 0; at < 1000; at += 1) log.info({ at }, 'line');
    log.flush();
    process.exit(0);`;
  const child = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  assert.equal(child.stdout, '');
  assert.equal(child.stderr.trim().split('\n').length, 1_000);
});

test('pino log: of an error that is as long as a page a bounded part is written', () => {
  const { log, lines } = setUp();
  const error = new Error('x'.repeat(10 * maxErrorChars));
  log.error({ error }, 'failed');
  const written = lines()[0]?.['error'] as Record<string, string>;
  for (const name of ['message', 'stack']) assert.equal(written[name]?.length, maxErrorChars + 1, name);
});
