// Public collections of hostile input, sent through a listening edge: the JSON parsing test suite, the cases of Node's own
// HTTP parser, and the big list of naughty strings. They are read from ../shared/data and are not part of the repository.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { createTestEdge, edgeKeys } from '../fixtures/edge.ts';
import { exchangeRaw, openRaw, parseRawAnswer, rawPost } from '../fixtures/raw-http.ts';
import { textAnswer } from '../fixtures/scripted-inference.ts';

const folder = join(import.meta.dirname, '../../../shared/data/http');
const path = '/v1/chat/completions';

/** The text of a collection; skips the test, and says why, where it is absent. */
function load(t: TestContext, name: string): string | undefined {
  const file = join(folder, name);
  if (existsSync(file)) return gunzipSync(readFileSync(file)).toString('utf8');
  t.skip(`the collection ${name} is not at ../shared/data/http: not run`);
  return undefined;
}

function linesOf<T>(text: string): T[] {
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as T);
}

interface JsonCase {
  readonly name: string;
  readonly expect: 'accept' | 'reject' | 'either';
  readonly bytes_b64: string;
}

test('JSON test suite: what is not JSON is refused as such, and nothing is a 5xx', { timeout: 30_000 }, async (t) => {
  const text = load(t, 'json_test_suite.jsonl.gz');
  if (text === undefined) return;
  const port = await createTestEdge(t).listen();
  const seen = { accept: 0, reject: 0, either: 0 };
  for (const { name, expect, bytes_b64 } of linesOf<JsonCase>(text)) {
    const raw = await exchangeRaw(port, rawPost(path, edgeKeys.first, Buffer.from(bytes_b64, 'base64')));
    const answer = parseRawAnswer(raw);
    assert.equal(answer?.status, 400, `${name}: ${raw.slice(0, 200)}`);
    const code: unknown = JSON.parse(answer?.body ?? '').error.code;
    const isRefusedAsJson = code === 'malformed_json' || code === 'nesting_too_deep';
    if (expect === 'accept') assert.equal(code, 'invalid_request', name);
    else if (expect === 'reject') assert.ok(isRefusedAsJson, `${name} was read as JSON`);
    seen[expect] += 1;
  }
  t.diagnostic(`JSON test suite: ${JSON.stringify(seen)} cases`);
  assert.ok(seen.accept > 10 && seen.reject > 50, 'the collection is not what it was');
});

interface HttpCase {
  readonly file: string;
  readonly title: string;
  readonly http: string;
}

test('llhttp cases: every one ends in a close without a 5xx within 5 s', { timeout: 30_000 }, async (t) => {
  const text = load(t, 'llhttp_cases.jsonl.gz');
  if (text === undefined) return;
  const cases = linesOf<HttpCase>(text);
  const edge = createTestEdge(t);
  const port = await edge.listen();
  let answers = 0;
  for (const { title, http } of cases) {
    // The collection writes line ends as \n; what means other line ends is worth sending as it is, too.
    for (const bytes of [http.replaceAll('\n', '\r\n'), http]) {
      const connection = await openRaw(port);
      await connection.send(bytes);
      connection.socket.end();
      const raw = await connection.closed();
      for (const [, status] of raw.matchAll(/HTTP\/1\.1 (\d{3}) /g)) {
        assert.match(status ?? '', /^[1-4]/, `${title}: ${raw.slice(0, 300)}`);
        answers += 1;
      }
    }
  }
  t.diagnostic(`llhttp: ${cases.length} cases, each with two kinds of line end, ${answers} answers`);
  assert.ok(answers > cases.length);
  const alive = await edge.server.inject({ method: 'GET', url: '/livez' });
  assert.equal(alive.statusCode, 200);
});

test('naughty strings: reach the model and come back unchanged, as words and as the name of a model', {
  timeout: 30_000,
}, async (t) => {
  const text = load(t, 'blns.json.gz');
  if (text === undefined) return;
  const strings = JSON.parse(text) as string[];
  const edge = createTestEdge(t);
  const port = await edge.listen();
  edge.inference.script = (request) => textAnswer(JSON.stringify(request.messages[0]?.content));
  for (const naughty of strings) {
    const asText = JSON.stringify({ model: 'chat', messages: [{ role: 'user', content: naughty }] });
    const answer = parseRawAnswer(await exchangeRaw(port, rawPost(path, edgeKeys.first, asText)));
    assert.equal(answer?.status, 200, asText);
    const said: string = JSON.parse(Buffer.from(answer?.body ?? '', 'latin1').toString()).choices[0].message.content;
    assert.deepEqual(JSON.parse(said), [{ type: 'text', text: naughty }]);
    const asModel = JSON.stringify({ model: naughty, stream: true, messages: [{ role: 'user', content: 'x' }] });
    const streamed = await exchangeRaw(port, rawPost(path, edgeKeys.first, asModel));
    assert.match(streamed, /^HTTP\/1\.1 (200|400) /, asModel);
    if (streamed.startsWith('HTTP/1.1 200')) assert.match(streamed, /\[DONE\]/);
  }
  t.diagnostic(`naughty strings: ${strings.length}`);
});
