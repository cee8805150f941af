// What routing learns of a call: its conversation, its size, and the load of targets. And that the service asks accordingly.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chatRequest, contextFor } from '../../../test/fixtures/calls.ts';
import { attemptRuntime, noRepeats } from '../../../test/fixtures/failure-policies.ts';
import { FakeClock } from '../../../test/fixtures/fake-clock.ts';
import { quarterEstimator } from '../../../test/fixtures/quarter-estimator.ts';
import { answerOf, createScriptedProvider, type ScriptedProvider } from '../../../test/fixtures/scripted-provider.ts';
import { createRecordingMetrics } from '../../../test/fixtures/silent-telemetry.ts';
import type { CallContext } from '../../core/call-context.ts';
import type { ContentPart, Message } from '../../core/message.ts';
import type { PredictRequest } from '../../core/predict.ts';
import type { Inference } from '../../ports/inference.ts';
import { createRoutingTable, type RouteDefinition } from '../routing-table.ts';
import { createInferenceService } from '../service.ts';
import { conversationKeyOf } from './conversation-key.ts';
import { identityChars } from './defaults.ts';

const clock = new FakeClock();
const timeouts = { connectMs: 1, firstTokenMs: 1, idleMs: 1, totalMs: 1 };
const never = new AbortController().signal;

function setUp({ targets, routing }: Pick<RouteDefinition, 'targets' | 'routing'>): {
  service: Inference;
  providers: Record<'one' | 'two', ScriptedProvider>;
} {
  const providers = { one: createScriptedProvider('one'), two: createScriptedProvider('two') };
  const table = createRoutingTable({
    aliases: { chat: { targets, routing, timeouts, retries: noRepeats } },
    providers: new Map(Object.entries(providers)),
    defaultTimeouts: timeouts,
  });
  const service = createInferenceService({
    routingTable: () => table,
    ...attemptRuntime(clock, undefined, 0.5),
    metrics: createRecordingMetrics(),
    estimator: quarterEstimator,
  });
  return { service, providers };
}

async function answererOf(service: Inference, request: PredictRequest, context: CallContext): Promise<string> {
  const { target } = await service.predict(request, context, never);
  for await (const part of service.predictStream(request, context, never)) {
    if (part.type === 'start') assert.equal(part.target, target, 'streams and whole answers are chosen alike');
  }
  return target;
}

function said(role: Message['role'], ...content: (string | ContentPart)[]): Message {
  return { role, content: content.map((part) => (typeof part === 'string' ? { type: 'text', text: part } : part)) };
}

function keyOf(messages: readonly Message[], overrides: Partial<CallContext> = {}): string | undefined {
  return conversationKeyOf(contextFor(clock, overrides), chatRequest('chat', { messages }));
}

test('conversation: its instructions and its first question tell it, whatever is said later', () => {
  const begun = [said('system', 'Be brief.'), said('user', 'Where?')];
  const key = keyOf(begun);
  assert.equal(keyOf([...begun, said('assistant', 'There.'), said('user', 'And when?')]), key);
  assert.equal(keyOf([...begun, said('assistant', 'There.'), said('system', 'Be kind.'), said('user', 'Hm?')]), key);
  for (const other of [
    [said('system', 'Be long.'), said('user', 'Where?')],
    [said('system', 'Be brief.'), said('user', 'Who?')],
    [said('system', 'Be brief.', 'Where?')],
    [said('user', 'Be brief.'), said('user', 'Where?')],
    [said('user', 'Be brief.Where?')],
  ]) {
    assert.notEqual(keyOf(other), key, JSON.stringify(other));
  }
  assert.notEqual(keyOf(begun, { tenantId: 'tenant-2' }), key);
  assert.notEqual(keyOf([said('user', 'a', 'b')]), keyOf([said('user', 'atextb')]), 'where one text ends is told');
  const long = 'x'.repeat(identityChars);
  assert.equal(keyOf([said('user', `${long}a`)]), keyOf([said('user', `${long}b`)]), 'the beginning is enough');
  assert.notEqual(keyOf([said('user', `${long}a`)]), keyOf([said('user', `${long}aa`)]));
  const picture = (base64: string): ContentPart => ({
    type: 'image',
    source: { kind: 'data', base64, mediaType: 'image/png' },
  });
  assert.notEqual(keyOf([said('user', picture('AAAA'))]), keyOf([said('user', picture('BBBB'))]));
});

test('conversation: who names it decides, and what is none has none', () => {
  const named = (conversation: string, tenantId = 'tenant-1'): string | undefined =>
    keyOf([said('user', 'Where?')], { tenantId, routing: { conversation } });
  assert.equal(named('a'), keyOf([said('user', 'Who?')], { routing: { conversation: 'a' } }));
  assert.notEqual(named('a'), named('b'));
  assert.notEqual(named('a'), named('a', 'tenant-2'));
  const prompt = chatRequest('chat', { messages: [], prompt: 'Once upon a time' });
  assert.equal(conversationKeyOf(contextFor(clock), prompt), undefined);
  assert.equal(conversationKeyOf(contextFor(clock), undefined), undefined);
  assert.notEqual(conversationKeyOf(contextFor(clock, { routing: { conversation: 'a' } }), undefined), undefined);
});

test('routing by cost: a long question goes where reading is cheap, one with a long answer where writing is', async () => {
  const { service } = setUp({
    targets: [
      { target: 'one/m', usdPerMillionTokens: { input: 1, output: 10 } },
      { target: 'two/m', usdPerMillionTokens: { input: 5, output: 5 } },
    ],
    routing: { by: 'cost', sticky: 'none' },
  });
  const context = contextFor(clock);
  const long = chatRequest('chat', { messages: [said('user', 'word '.repeat(8_000))] });
  assert.equal(await answererOf(service, long, context), 'one/m');
  const short = chatRequest('chat', { messages: [said('user', 'Tell me all.')] });
  assert.equal(await answererOf(service, short, context), 'two/m');
  assert.equal(await answererOf(service, { ...short, sampling: { maxOutputTokens: 5 } }, context), 'one/m');
  const { target } = await service.embed({ model: 'chat', input: ['x'] }, context, never);
  assert.equal(target, 'one/m', 'vectors have no output to pay');
});

test('routing by latency: the target with less under way is asked', async () => {
  const { service, providers } = setUp({ targets: ['one/m', 'two/m'], routing: { by: 'latency', sticky: 'none' } });
  const left = new AbortController();
  const waits: Promise<unknown>[] = [];
  const hang = (signal: AbortSignal): Promise<void> =>
    new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
  for (const provider of Object.values(providers)) provider.script = () => [hang];
  for (let call = 0; call < 10; call += 1) {
    waits.push(service.predict(chatRequest('chat'), contextFor(clock), left.signal).catch(() => undefined));
    while (providers.one.calls.length + providers.two.calls.length === call) await Promise.resolve();
  }
  assert.deepEqual([providers.one.calls.length, providers.two.calls.length], [5, 5]);
  left.abort(new Error('enough'));
  await Promise.all(waits);
});

test('routing by latency: streams go where they begin soon, whole answers where they end soon', async () => {
  const { service, providers } = setUp({ targets: ['one/m', 'two/m'], routing: { by: 'latency', sticky: 'none' } });
  const context = contextFor(clock);
  await service.predict(chatRequest('chat'), context, never);
  const drain = async (model: string): Promise<void> => {
    for await (const _ of service.predictStream(chatRequest(model), context, never));
  };
  for (const [name, streamMs, wholeMs] of [['one', 10, 5_000] as const, ['two', 1_000, 100] as const]) {
    const provider = providers[name];
    const after = (tookMs: number): void => {
      provider.script = () => [() => clock.advance(tookMs), ...answerOf(name, 'm')];
    };
    after(streamMs);
    await drain(`${name}/m`);
    after(wholeMs);
    await service.predict(chatRequest(`${name}/m`), context, never);
  }
  const countOf = async (ask: () => Promise<unknown>): Promise<[number, number]> => {
    const before = [providers.one.calls.length, providers.two.calls.length] as const;
    for (let call = 0; call < 5; call += 1) await ask();
    return [providers.one.calls.length - before[0], providers.two.calls.length - before[1]];
  };
  for (const provider of Object.values(providers))
    provider.script = (_request, call) => answerOf(provider.name, call.model);
  assert.deepEqual(await countOf(() => drain('chat')), [5, 0]);
  assert.deepEqual(await countOf(() => service.predict(chatRequest('chat'), context, never)), [0, 5]);
});

test('routing of canaries: those who name one get it, the others do not, and it is not what the alias is described by', async () => {
  const { service } = setUp({ targets: [{ target: 'one/m', canary: { share: 0, name: 'next' } }, 'two/m'] });
  assert.equal(await answererOf(service, chatRequest('chat'), contextFor(clock)), 'two/m');
  const context = contextFor(clock, { routing: { canary: ['next'] } });
  assert.equal(await answererOf(service, chatRequest('chat'), context), 'one/m');
  const [alias] = await service.listModels(context, never);
  assert.deepEqual(alias?.targets, ['two/m', 'one/m']);
});
