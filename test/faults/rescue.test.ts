// Providers that die in the middle of a stream, in front of real processes, in both layouts: the official client reads the answer to
// its true end or hears of a failure, and nobody is asked to go on who must not be.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import OpenAI from 'openai';
import { startUpstream, type Upstream, type UpstreamExchange, type UpstreamScript } from '../fixtures/upstream.ts';
import { createWiretap, type Wiretap } from '../wire/wiretap.ts';
import { layouts, type Served } from './layouts.ts';

const words = ['Paris ', 'is the ', 'capital\n', '\n', 'of ', 'France 🗼', ', as ', 'everybody ', 'knows', '.'];
const whole = words.join('');
const usage = { prompt_tokens: 30, completion_tokens: 4, total_tokens: 34 };

function event(value: unknown): string {
  return `data: ${JSON.stringify(value)}\n\n`;
}

function chunk(delta: object, finish: string | null = null): string {
  const choice = { index: 0, delta, finish_reason: finish };
  return event({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [choice] });
}

/** A whole stream that says these pieces. */
function streamOf(pieces: readonly string[]): string {
  const last = event({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [], usage });
  return `${pieces.map((content) => chunk({ content })).join('')}${chunk({}, 'stop')}${last}data: [DONE]\n\n`;
}

/** Sends bytes and then ends the connection in that way; `stall` leaves it open. */
function sends(bytes: string | Uint8Array, ending: 'end' | 'cut' | 'reset' | 'stall'): UpstreamScript {
  return async (exchange) => {
    if (bytes.length > 0) await exchange.write(bytes);
    if (ending !== 'stall') exchange[ending]();
  };
}

/** The text that a server was given to go on from; '' where it was asked anew. */
function givenTo({ body }: UpstreamExchange): string {
  const { messages } = JSON.parse(body) as { messages: { role: string; content: string }[] };
  const last = messages.at(-1);
  return last?.role === 'assistant' ? last.content : '';
}

/** What is left of the answer, in pieces; fails where the given text is not its beginning. */
function restOf(exchange: UpstreamExchange): readonly string[] {
  const given = givenTo(exchange);
  if (!whole.startsWith(given)) throw new Error('not the beginning of the answer');
  return whole.slice(given.length).match(/.{1,5}/gsu) ?? [];
}

const goesOn: UpstreamScript = (exchange) => sends(streamOf(restOf(exchange)), 'end')(exchange);
const echoesAndGoesOn: UpstreamScript = (exchange) =>
  sends(streamOf([givenTo(exchange), ...restOf(exchange)].filter((piece) => piece !== '')), 'end')(exchange);
const refuses: UpstreamScript = (exchange) => {
  exchange.head(400, { 'content-type': 'application/json' });
  void exchange.write('{"error":{"message":"no prefill","type":"invalid_request_error"}}').then(() => exchange.end());
};

/** The Messages API. */
const claudeGoesOn: UpstreamScript = (exchange) => {
  const named = (type: string, fields: object): string => `event: ${type}\n${event({ type, ...fields })}`;
  const message = { id: 'msg', type: 'message', role: 'assistant', model: 'claude', content: [], usage: {} };
  const delta = (text: string): string =>
    named('content_block_delta', { index: 0, delta: { type: 'text_delta', text } });
  const start = named('message_start', { message: { ...message, usage: { input_tokens: 30, output_tokens: 1 } } });
  const open = named('content_block_start', { index: 0, content_block: { type: 'text', text: '' } });
  const close = named('content_block_stop', { index: 0 });
  const end = named('message_delta', { delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 4 } });
  const events = `${start}${open}${restOf(exchange).map(delta).join('')}${close}${end}${named('message_stop', {})}`;
  return sends(events, 'end')(exchange);
};

interface Subject {
  readonly served: Served;
  readonly client: OpenAI;
  readonly wiretap: Wiretap;
  readonly first: Upstream;
  readonly second: Upstream;
  readonly third: Upstream;
  readonly claude: Upstream;
}

async function startSubject(t: TestContext, layout: keyof typeof layouts): Promise<Subject> {
  const [first, second, third, claude] = await Promise.all([0, 1, 2, 3].map(() => startUpstream(goesOn)));
  if (first === undefined || second === undefined || third === undefined || claude === undefined) assert.fail();
  t.after(() => Promise.all([first, second, third, claude].map((upstream) => upstream.close())));
  const provider = ({ baseUrl }: Upstream, form: string): string =>
    `{type: openai-compatible, baseUrl: "${baseUrl}", continuation: ${form}}`;
  const targets = (...names: string[]): string => `targets: [${names.join(', ')}], timeouts: {idleMs: 300}`;
  const settings = [
    `providers={first: ${provider(first, 'none')}, second: ${provider(second, 'continue-final-message')}, third: ${provider(third, 'prefix')}, claude: {type: anthropic, baseUrl: "${claude.baseUrl}"}}`,
    `models={two: {${targets('first/m', 'second/m')}, rescue: continue}, three: {${targets('first/m', 'second/m', 'third/m')}, rescue: continue}, claude: {${targets('first/m', 'claude/claude-sonnet-4-5')}, rescue: continue}, off: {${targets('first/m', 'second/m')}}}`,
  ];
  const served = await layouts[layout](
    t,
    settings.flatMap((setting) => ['--set', setting]),
  );
  const wiretap = createWiretap();
  const client = new OpenAI({
    baseURL: `http://${served.http}/v1`,
    apiKey: served.key,
    maxRetries: 0,
    fetch: wiretap.fetch,
  });
  return { served, client, wiretap, first, second, third, claude };
}

/** What the official client makes of a stream. */
async function read({ client, wiretap }: Subject, model: string) {
  const stream = client.chat.completions.stream({
    model,
    messages: [{ role: 'user', content: 'Where?' }],
    stream_options: { include_usage: true },
  });
  let text = '';
  stream.on('content', (delta) => {
    text += delta;
  });
  const outcome = await stream.finalChatCompletion().then(
    (completion) => ({ completion, error: undefined }),
    (error: unknown) => ({ completion: undefined, error }),
  );
  const [tapped] = wiretap.take();
  const raw = tapped?.text ?? '';
  const seams = [...raw.matchAll(/^: continued by (.*)$/gm)].map((match) => match[1]);
  const spoken = /"sluice":(\{"spoken_by":\[.*?\]\})/.exec(raw)?.[1];
  const speakers =
    spoken === undefined ? [] : (JSON.parse(spoken).spoken_by as { target: string; characters: number }[]);
  return { ...outcome, text, raw, seams, speakers };
}

/** Asserts a failure, told as one: an error event, no clean end, and only what was shown before it. */
function assertCut({ completion, error, raw, text }: Awaited<ReturnType<typeof read>>): void {
  assert.equal(completion, undefined);
  assert.ok(error instanceof OpenAI.APIError, String(error));
  assert.ok(whole.startsWith(text), text);
  assert.doesNotMatch(raw, /\[DONE\]|"finish_reason":"/);
}

for (const layout of Object.keys(layouts) as (keyof typeof layouts)[]) {
  test(`rescue: ${layout}`, async (t) => {
    const subject = await startSubject(t, layout);
    const { first, second, third, claude, served } = subject;
    const half = words
      .slice(0, 5)
      .map((content) => chunk({ content }))
      .join('');

    await t.test('wherever the first provider dies, the answer is read whole', async () => {
      second.script = goesOn;
      const bytes = Buffer.from(streamOf(words));
      const property = fc.asyncProperty(fc.nat(bytes.length), fc.constantFrom('cut', 'reset'), async (at, ending) => {
        first.script = sends(bytes.subarray(0, at), ending);
        const { completion, error, text, raw, seams, speakers } = await read(subject, 'two');
        assert.equal(error, undefined);
        assert.equal(completion?.choices[0]?.message.content, whole);
        assert.equal(text, whole);
        assert.equal(completion?.choices[0]?.finish_reason, 'stop');
        assert.equal(seams.length, Math.max(0, speakers.length - 1));
        if (speakers.length > 0) {
          assert.equal(
            speakers.reduce((sum, { characters }) => sum + characters, 0),
            whole.length,
          );
          assert.match(raw, /"usage":\{[^}]*"estimated":true/);
          assert.ok((completion?.usage?.prompt_tokens ?? 0) > usage.prompt_tokens);
        }
      });
      await fc.assert(property, { numRuns: 40 });
    });

    for (const [what, script] of Object.entries({
      stalls: sends(half, 'stall'),
      'sends an event that is none': sends(`${half}data: {"id":\n\n`, 'end'),
      'tells of its failure': sends(
        `${half}${event({ error: { message: 'down', type: 'server_error', code: 503 } })}`,
        'end',
      ),
      'ends without the sentinel': sends(half, 'end'),
    })) {
      await t.test(`a provider that ${what} is followed by another`, async () => {
        first.script = script;
        second.script = goesOn;
        const { error, text, seams, speakers } = await read(subject, 'two');
        assert.equal(error, undefined);
        assert.equal(text, whole);
        assert.deepEqual(seams, ['second/m']);
        assert.deepEqual(
          speakers.map(({ target }) => target),
          ['first/m', 'second/m'],
        );
      });
    }

    await t.test('Claude goes on behind the words of another vendor', async () => {
      first.script = sends(half, 'cut');
      claude.script = claudeGoesOn;
      const { error, text, seams } = await read(subject, 'claude');
      assert.equal(error, undefined);
      assert.equal(text, whole);
      assert.deepEqual(seams, ['claude/claude-sonnet-4-5']);
    });

    await t.test('a continuation that dies is followed by the next, whose echo is not read', async () => {
      first.script = sends(half, 'cut');
      second.script = (exchange) => sends(chunk({ content: restOf(exchange)[0] }), 'reset')(exchange);
      third.script = echoesAndGoesOn;
      const { error, text, seams, speakers } = await read(subject, 'three');
      assert.equal(error, undefined);
      assert.equal(text, whole);
      assert.deepEqual(seams, ['second/m', 'third/m']);
      assert.equal(speakers.length, 3);

      assertCut(await read(subject, 'two'));
    });

    await t.test('a provider that refuses to go on leaves its place to the next, or the answer is cut', async () => {
      first.script = sends(half, 'cut');
      second.script = refuses;
      third.script = goesOn;
      const { error, text, seams } = await read(subject, 'three');
      assert.equal(error, undefined);
      assert.equal(text, whole);
      assert.deepEqual(seams, ['third/m']);

      const cut = await read(subject, 'two');
      assertCut(cut);
      assert.match(cut.raw, /ended before it was complete/);
    });

    await t.test('behind a tool call, and where it is off, nobody is asked to go on', async () => {
      second.script = goesOn;
      const asked = second.exchanges.length;
      const call = { index: 0, id: 'call_1', type: 'function', function: { name: 'f', arguments: '{"a' } };
      first.script = sends(`${half}${chunk({ tool_calls: [call] })}`, 'cut');
      assertCut(await read(subject, 'two'));
      first.script = sends(half, 'cut');
      assertCut(await read(subject, 'off'));
      assert.equal(second.exchanges.length, asked);
    });

    await t.test('a caller who leaves stops the provider that goes on', async () => {
      first.script = sends(half, 'cut');
      second.script = (exchange) => sends(chunk({ content: restOf(exchange)[0] }), 'stall')(exchange);
      const arriving = second.arrived(second.exchanges.length);
      const leaving = new AbortController();
      const response = await fetch(`http://${served.http}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${served.key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'two', stream: true, messages: [{ role: 'user', content: 'Where?' }] }),
        signal: leaving.signal,
      });
      const exchange = await arriving;
      leaving.abort();
      await assert.rejects(response.text());
      assert.equal(await exchange.closed, true);
    });

    const shown = await (await fetch(`http://${served.admin}/metrics`)).text();
    const metrics = shown
      .split('\n')
      .filter((line) => line.startsWith('sluice_rescues_total'))
      .join('\n');
    assert.match(metrics, /sluice_rescues_total\{from="first\/m",to="second\/m",outcome="ok"\} \d+/);
    assert.match(metrics, /sluice_rescues_total\{from="first\/m",to="",outcome="not-text"\} 1/);
    assert.match(metrics, /sluice_rescues_total\{from="first\/m",to="second\/m",outcome="upstream_rejected"\} 2/);
  });
}
