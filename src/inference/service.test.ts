// The story of the inference service, to be read first: a model name becomes targets, targets are tried, answers are metered.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chatRequest, contextFor } from '../../test/fixtures/calls.ts';
import { attemptRuntime, noRepeats } from '../../test/fixtures/failure-policies.ts';
import { FakeClock } from '../../test/fixtures/fake-clock.ts';
import { quarterEstimator } from '../../test/fixtures/quarter-estimator.ts';
import { untilAborted } from '../../test/fixtures/scripted-inference.ts';
import { answerOf, createScriptedProvider, type ScriptedProvider } from '../../test/fixtures/scripted-provider.ts';
import { createRecordingMetrics } from '../../test/fixtures/silent-telemetry.ts';
import { SluiceError, toSluiceError } from '../core/error.ts';
import type { ErrorReason } from '../core/error-catalogue.ts';
import { textOf } from '../core/message.ts';
import type { PredictPart } from '../core/predict.ts';
import type { Inference } from '../ports/inference.ts';
import { createRoutingTable } from './routing-table.ts';
import { createInferenceService } from './service.ts';

const timeouts = { connectMs: 100, firstTokenMs: 200, idleMs: 300, totalMs: 400 };

function setUp(): {
  service: Inference;
  primary: ScriptedProvider;
  secondary: ScriptedProvider;
  clock: FakeClock;
  metrics: ReturnType<typeof createRecordingMetrics>;
} {
  const clock = new FakeClock();
  const metrics = createRecordingMetrics();
  const primary = createScriptedProvider('primary');
  const secondary = createScriptedProvider('secondary');
  const routingTable = createRoutingTable({
    aliases: { chat: { targets: ['primary/large', 'secondary/small'], timeouts, retries: noRepeats } },
    providers: new Map([
      ['primary', primary],
      ['secondary', secondary],
    ]),
    defaultTimeouts: timeouts,
  });
  const service = createInferenceService({
    routingTable: () => routingTable,
    ...attemptRuntime(clock),
    metrics,
    estimator: quarterEstimator,
  });
  return { service, primary, secondary, clock, metrics };
}

const never = new AbortController().signal;

function failing(reason: ErrorReason): () => never {
  return () => {
    throw new SluiceError(reason);
  };
}

async function collect(parts: AsyncIterable<PredictPart>): Promise<PredictPart[]> {
  const all: PredictPart[] = [];
  for await (const part of parts) all.push(part);
  return all;
}

describe('inference service', () => {
  it('predict: answers from the first target of the alias and meters it', async () => {
    const { service, primary, clock, metrics } = setUp();
    const answer = await service.predict(chatRequest('chat'), contextFor(clock), never);
    assert.equal(textOf(answer.content), 'from primary');
    assert.equal(answer.target, 'primary/large');
    assert.equal(answer.attempts, 1);
    assert.equal(primary.calls[0]?.model, 'large');
    assert.deepEqual(primary.calls[0]?.timeouts, timeouts);
    assert.equal(metrics.values.get('sluice_attempts_total{primary/large,predict,ok}'), 1);
    assert.equal(metrics.values.get('sluice_tokens_total{primary/large,input,provider}'), 5);
    assert.equal(clock.pendingTimers, 0);
  });

  it('predict: provider/model reaches a provider without an alias', async () => {
    const { service, clock } = setUp();
    const answer = await service.predict(chatRequest('secondary/meta/llama'), contextFor(clock), never);
    assert.equal(answer.model, 'meta/llama');
  });

  it('listModels: shows what the operator names at a provider that passes any name on, and others still resolve', async () => {
    const { primary } = setUp();
    const table = createRoutingTable({
      aliases: {},
      providers: new Map([['primary', primary]]),
      listed: ['primary/large'],
      defaultTimeouts: timeouts,
    });
    assert.deepEqual(
      table.list().map(({ id, targets }) => [id, targets]),
      [['primary/large', ['primary/large']]],
    );
    assert.equal(table.resolve('primary/other').targets[0].model, 'other');
  });

  it('predict: an unknown model is model_not_found and names the models there are', async () => {
    const { service, clock } = setUp();
    await assert.rejects(service.predict(chatRequest('nope'), contextFor(clock), never), {
      reason: 'model_not_found',
      param: 'model',
      message: "The model 'nope' does not exist. Models of this server: chat.",
    });
  });

  it('predict: a retryable failure goes to the next target and the answer says so', async () => {
    const { service, primary, clock, metrics } = setUp();
    primary.script = () => [failing('upstream_unavailable')];
    const answer = await service.predict(chatRequest('chat'), contextFor(clock), never);
    assert.equal(answer.target, 'secondary/small');
    assert.equal(answer.attempts, 2);
    assert.equal(metrics.values.get('sluice_attempts_total{primary/large,predict,upstream_unavailable}'), 1);
  });

  it('predict: a failure that concerns one target only goes to the next one, though waiting would not mend it', async () => {
    for (const reason of ['upstream_unauthenticated', 'context_length_exceeded', 'unsupported_capability'] as const) {
      const { service, primary, clock } = setUp();
      primary.script = () => [failing(reason)];
      const answer = await service.predict(chatRequest('chat'), contextFor(clock), never);
      assert.deepEqual([answer.target, answer.attempts], ['secondary/small', 2], reason);
    }
  });

  it('predict: when all targets fail, the caller hears of what a retry may mend, else of the first', async () => {
    const heard = async (first: ErrorReason, second: ErrorReason): Promise<string> => {
      const { service, primary, secondary, clock } = setUp();
      primary.script = () => [failing(first)];
      secondary.script = () => [failing(second)];
      const failure = await service.predict(chatRequest('chat'), contextFor(clock), never).catch(toSluiceError);
      return failure instanceof SluiceError ? failure.reason : 'no failure';
    };
    assert.equal(await heard('upstream_unavailable', 'upstream_unauthenticated'), 'upstream_unavailable');
    assert.equal(await heard('upstream_unauthenticated', 'upstream_timeout'), 'upstream_timeout');
    assert.equal(await heard('upstream_unavailable', 'upstream_timeout'), 'upstream_timeout');
    assert.equal(await heard('context_length_exceeded', 'upstream_unauthenticated'), 'context_length_exceeded');
    assert.equal(await heard('upstream_unavailable', 'upstream_rejected'), 'upstream_rejected');
  });

  it('predict: a verdict on the request itself is final', async () => {
    const { service, primary, secondary, clock } = setUp();
    primary.script = () => [failing('upstream_rejected')];
    await assert.rejects(service.predict(chatRequest('chat'), contextFor(clock), never), {
      reason: 'upstream_rejected',
    });
    assert.equal(secondary.calls.length, 0);
  });

  it('predict: the deadline stops the model call', async () => {
    const { service, primary, secondary, clock } = setUp();
    primary.script = () => [untilDeadline(clock)];
    await assert.rejects(service.predict(chatRequest('chat'), contextFor(clock), never), {
      reason: 'deadline_exceeded',
    });
    assert.equal(primary.open, 0);
    assert.equal(secondary.calls.length, 0, 'no other target is tried after the deadline');
    assert.equal(clock.pendingTimers, 0);
  });

  it('predictStream: a target that dies after its start but before content is replaced', async () => {
    const { service, primary, clock } = setUp();
    primary.script = (_, call) => [...answerOf('primary', call.model).slice(0, 1), failing('upstream_unavailable')];
    const parts = await collect(service.predictStream(chatRequest('chat'), contextFor(clock), never));
    assert.deepEqual(
      parts.map((part) => part.type),
      ['start', 'text-delta', 'end'],
    );
    assert.ok(parts[0]?.type === 'start');
    assert.equal(parts[0].target, 'secondary/small');
    assert.equal(parts[0].attempts, 2);
  });

  it('predictStream: a failure after content is thrown, never hidden by another target', async () => {
    const { service, primary, secondary, clock } = setUp();
    primary.script = (_, call) => [...answerOf('primary', call.model).slice(0, 2), failing('upstream_unavailable')];
    const seen: string[] = [];
    await assert.rejects(
      async () => {
        for await (const part of service.predictStream(chatRequest('chat'), contextFor(clock), never))
          seen.push(part.type);
      },
      { reason: 'upstream_unavailable' },
    );
    assert.deepEqual(seen, ['start', 'text-delta']);
    assert.equal(secondary.calls.length, 0);
  });

  it('predictStream: a stream without an end is upstream_truncated', async () => {
    const { service, primary, clock } = setUp();
    primary.script = (_, call) => answerOf('primary', call.model).slice(0, 2);
    await assert.rejects(collect(service.predictStream(chatRequest('primary/x'), contextFor(clock), never)), {
      reason: 'upstream_truncated',
    });
  });

  it('predictStream: a reader that leaves stops the model and is recorded as cancelled', async () => {
    const { service, primary, clock, metrics } = setUp();
    for await (const part of service.predictStream(chatRequest('chat'), contextFor(clock), never)) {
      if (part.type === 'text-delta') break;
    }
    assert.equal(primary.open, 0);
    assert.equal(primary.calls[0]?.signal.aborted, true);
    assert.equal(metrics.values.get('sluice_attempts_total{primary/large,predict_stream,cancelled}'), 1);
    assert.equal(clock.pendingTimers, 0);
  });

  it('predictStream: nothing is asked of a provider before the first read', async () => {
    const { service, primary, clock } = setUp();
    service.predictStream(chatRequest('chat'), contextFor(clock), never);
    assert.equal(primary.calls.length, 0);
  });

  it('capabilities: a target that cannot do what the request needs is skipped, and refused when there is no other', async () => {
    const { clock } = setUp();
    const describedAs = (id: string, capabilities: ('chat' | 'tools' | 'choices')[]) => ({
      id,
      targets: [id],
      ownedBy: 'test',
      summary: '',
      capabilities,
      createdAtMs: 0,
    });
    const plain = createScriptedProvider('plain');
    plain.descriptions = [describedAs('plain/m', ['chat'])];
    const able = createScriptedProvider('able');
    able.descriptions = [describedAs('able/m', ['chat', 'tools', 'choices'])];
    const table = createRoutingTable({
      aliases: {
        both: { targets: ['plain/m', 'able/m'], timeouts, retries: noRepeats },
        weak: { targets: ['plain/m'], timeouts, retries: noRepeats },
      },
      providers: new Map([
        ['plain', plain],
        ['able', able],
      ]),
      defaultTimeouts: timeouts,
    });
    const guarded = createInferenceService({
      routingTable: () => table,
      ...attemptRuntime(clock),
      metrics: createRecordingMetrics(),
      estimator: quarterEstimator,
    });
    const tools = { tools: [{ kind: 'function' as const, name: 'f' }] };
    const answer = await guarded.predict(chatRequest('both', tools), contextFor(clock), never);
    assert.equal(answer.target, 'able/m');
    const choices = { sampling: { choiceCount: 2 } };
    assert.equal((await guarded.predict(chatRequest('both', choices), contextFor(clock), never)).target, 'able/m');
    await assert.rejects(guarded.predict(chatRequest('weak', choices), contextFor(clock), never), { param: 'n' });
    await guarded.predict(chatRequest('weak', { sampling: { choiceCount: 1 } }), contextFor(clock), never);
    await assert.rejects(guarded.predict(chatRequest('weak', tools), contextFor(clock), never), {
      reason: 'unsupported_capability',
      param: 'tools',
      message: "The model 'weak' does not support tools.",
    });
    await assert.rejects(guarded.embed({ model: 'weak', input: ['x'] }, contextFor(clock), never), {
      reason: 'unsupported_capability',
    });
  });

  /** Waits for the abort that advancing the clock past the deadline brings. */
  function untilDeadline(clock: FakeClock): (signal: AbortSignal) => Promise<never> {
    return (signal) => {
      const waiting = untilAborted(signal);
      clock.advance(60_001);
      return waiting;
    };
  }

  it('rank: goes to the first target whose provider can, and says how often it was tried', async () => {
    const { service, secondary, clock, metrics } = setUp();
    secondary.rank = async (request, call) => ({
      model: call.model,
      target: `secondary/${call.model}`,
      attempts: 1,
      results: request.documents.map((_, index) => ({ index, score: 1 - index / 10 })),
      usage: { inputTokens: 4, outputTokens: 0, source: 'provider' },
    });
    const ranking = { model: 'chat', query: 'q', documents: ['a', 'b'] };
    const answer = await service.rank(ranking, contextFor(clock), never);
    assert.equal(answer.target, 'secondary/small');
    assert.equal(answer.attempts, 1);
    assert.equal(metrics.values.get('sluice_attempts_total{secondary/small,rank,ok}'), 1);
  });

  it('rank: a model that nobody can rank with is refused', async () => {
    const { service, clock } = setUp();
    const ranking = { model: 'chat', query: 'q', documents: ['a'] };
    await assert.rejects(service.rank(ranking, contextFor(clock), never), {
      reason: 'unsupported_capability',
      param: 'model',
      message: "The model 'chat' does not support rank.",
    });
  });

  it('infer: a failure goes to the next target; an answer without tokens counts none', async () => {
    const { service, primary, secondary, clock, metrics } = setUp();
    primary.infer = failing('upstream_unavailable');
    secondary.infer = async ({ id, inputs, version }, call) => ({
      ...{ id, version, model: call.model, target: `secondary/${call.model}` },
      attempts: 1,
      outputs: inputs,
    });
    const request = { model: 'chat', version: '', id: 'x', inputs: [], outputs: [] };
    assert.equal((await service.infer(request, contextFor(clock), never)).attempts, 2);
    assert.equal([...metrics.values.keys()].filter((name) => name.startsWith('sluice_tokens_total')).length, 0);
  });

  it('countTokens: the vendor counts where it can be asked; elsewhere it is an estimate that says so', async () => {
    const { service, primary, clock } = setUp();
    const request = chatRequest('chat');
    const estimate = await service.countTokens(request, contextFor(clock), never);
    assert.equal(estimate.source, 'estimated');
    assert.ok(estimate.inputTokens > 0);
    primary.countTokens = async (_, call) => ({
      ...{ model: call.model, target: `primary/${call.model}`, attempts: 1 },
      ...{ inputTokens: 77, source: 'provider' },
    });
    const count = await service.countTokens(request, contextFor(clock), never);
    assert.deepEqual([count.inputTokens, count.source], [77, 'provider']);
    assert.equal(primary.calls.length, 0);
  });
});
