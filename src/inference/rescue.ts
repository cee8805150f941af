// What happens to a stream whose target dies after something of it was shown: another target goes on behind the text, where it can.
// Who is asked, and when, is the plan's to say; whether a target can is the provider's.

import { SluiceError, toSluiceError } from '../core/error.ts';
import type { ErrorReason } from '../core/error-catalogue.ts';
import type { PredictPart, PredictRequest, Speaker } from '../core/predict.ts';
import { sumUsage, type Usage } from '../core/usage.ts';
import type { ModelCall, ModelProvider } from '../ports/model.ts';
import { estimateInputTokens, type TokenEstimator } from '../ports/token-estimator.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { AttemptPlan, Turn } from './attempt-plan.ts';
import { maxRescues } from './defaults.ts';
import { firstOpen, type OpenStream, openStream } from './fallback.ts';
import type { RescueMode } from './rescue-mode.ts';
import type { Target } from './routing-table.ts';
import { SeamTrimmer } from './seam-trimmer.ts';
import { ShownAnswer } from './shown-answer.ts';

type Parts = AsyncGenerator<PredictPart, void, undefined>;

/** One call. */
export interface RescuedCall {
  readonly plan: AttemptPlan;
  readonly request: PredictRequest;
  readonly mode: Exclude<RescueMode, 'off'>;
  /** Aborted when the caller has left or its time is over: then nobody else is asked. */
  readonly signal: AbortSignal;
  /** Makes an attempt. */
  readonly ask: (turn: Turn, run: (provider: ModelProvider, call: ModelCall) => AsyncIterable<PredictPart>) => Parts;
}

/** What all calls share. */
export interface RescueRuntime {
  readonly metrics: Metrics;
  readonly estimator: TokenEstimator;
}

/**
 * The stream of a call that may go on at other targets. It opens as any other. Then one target speaks until its end, which ends the
 * call, or until it dies. A dead one is followed by another when all of this holds, else its failure is the caller's:
 *
 * - its failure says nothing of other targets (not a verdict on the content, not the caller's own end or deadline);
 * - what was shown can be given to another: nothing of the answer, or, in mode `continue`, one plain text of a request that asks for
 *   no more than text;
 * - fewer than `maxRescues` went on already, and the last of them said something;
 * - the plan has a target that can go on. One that refuses to, or dies before it says anything, leaves its place to the next.
 *
 * Between what two targets say stands a `seam`. The end has the sum of all usage, where what a dead target did not report is
 * estimated, and who spoke.
 */
export async function* rescuedStream(call: RescuedCall, runtime: RescueRuntime): Parts {
  const { plan, request, ask } = call;
  const opened = await firstOpen(plan, (turn) =>
    ask(turn, (provider, modelCall) => provider.predictStream(request, modelCall)),
  );
  const answer = new RescuedAnswer(call, runtime, opened);
  try {
    yield opened.start;
    for (;;) {
      const lost = yield* answer.speak();
      if (lost === undefined) return;
      yield { type: 'seam', target: (await answer.goOn(lost)).name };
    }
  } finally {
    await answer.close();
  }
}

/** Why nobody is asked to go on. */
type NotAsked = 'policy' | 'not-text' | 'too-many' | 'no-progress' | 'no-target';

/** The target that speaks. */
interface Voice {
  readonly stream: OpenStream;
  /** What it was given; undefined for the first, and for one that began anew. */
  readonly said: string | undefined;
  readonly trimmer: SeamTrimmer | undefined;
  /** The target whose place it took; undefined for the first. */
  readonly from: string | undefined;
  /** Length of the text before it. */
  readonly startsAt: number;
}

/** What of a failure means only that the target does not go on with an answer. */
const refusals: ReadonlySet<ErrorReason> = new Set(['upstream_rejected', 'invalid_request']);

class RescuedAnswer {
  readonly #call: RescuedCall;
  readonly #runtime: RescueRuntime;
  readonly #answer: ShownAnswer = new ShownAnswer();
  /** Of the targets that died. */
  readonly #speakers: Speaker[] = [];
  readonly #bills: Usage[] = [];
  #voice: Voice;
  /** Characters of text that the present voice has shown. */
  #spoken: number = 0;
  #isSettled: boolean = false;

  constructor(call: RescuedCall, runtime: RescueRuntime, stream: OpenStream) {
    this.#call = call;
    this.#runtime = runtime;
    this.#voice = { stream, said: undefined, trimmer: undefined, from: undefined, startsAt: 0 };
  }

  /** What the present target says. Returns why it died; undefined when it came to its end. */
  async *speak(): AsyncGenerator<PredictPart, SluiceError | undefined, undefined> {
    const { stream, trimmer } = this.#voice;
    for (let part = stream.first; ; ) {
      // Before it is shown: who reads to the end reads no further.
      if (part.type === 'end') this.#settle('ok');
      if (trimmer === undefined || trimmer.isDone) yield this.#noted(part);
      else for (const fresh of trimmed(part, trimmer)) yield this.#noted(fresh);
      if (part.type === 'end') return undefined;
      try {
        part = await nextOf(stream);
      } catch (thrown) {
        const lost = toSluiceError(thrown);
        this.#settle(lost.reason);
        return lost;
      }
    }
  }

  /** Gives the present target back, whatever state it is in. */
  async close(): Promise<void> {
    this.#settle('cancelled');
    await this.#voice.stream.rest.return();
  }

  /** Finds the target that speaks next. Rejects with what the caller is to be told when there is none. */
  async goOn(lost: SluiceError): Promise<Target> {
    const { plan } = this.#call;
    const dead = this.#voice.stream.turn;
    const from = dead.target.name;
    plan.failed(dead, lost);
    const why = this.#whyNot();
    if (why !== undefined) throw this.#givenUp(from, why, lost);
    await this.#bury();
    const said = this.#answer.text.trimEnd();
    const request = this.#remaining();
    const canServe = (target: Target): boolean => said === '' || canContinue(target, request);
    let asked = 0;
    for (;;) {
      const turn = await this.#nextTurn(canServe, () => (asked > 0 ? lost : this.#givenUp(from, 'no-target', lost)));
      asked += 1;
      try {
        this.#voice = await this.#open(turn, request, said, from);
        this.#spoken = 0;
        this.#isSettled = false;
        return turn.target;
      } catch (thrown) {
        this.#refused(turn, from, toSluiceError(thrown));
      }
    }
  }

  /** Rejects with the failure when nobody is left. */
  async #nextTurn(canServe: (target: Target) => boolean, failure: () => SluiceError): Promise<Turn> {
    const { plan, signal } = this.#call;
    try {
      return await plan.next(canServe);
    } catch (over) {
      throw signal.aborted ? over : failure();
    }
  }

  /** Notes that a target did not go on. Throws when the call is over. */
  #refused(turn: Turn, from: string, failure: SluiceError): void {
    const { plan, signal } = this.#call;
    this.#count(from, turn.target.name, failure.reason);
    if (signal.aborted || !refusals.has(failure.reason)) plan.failed(turn, failure);
  }

  async #open(turn: Turn, request: PredictRequest, said: string, from: string): Promise<Voice> {
    const { text } = this.#answer;
    const parts = this.#call.ask(turn, (provider, call) =>
      said === '' || provider.continuation === undefined
        ? provider.predictStream(request, call)
        : provider.continuation.continueStream(request, said, call),
    );
    const stream = await openStream(turn, parts);
    const isEchoed = said !== '' && turn.target.provider.continuation?.mayEcho === true;
    const trimmer = new SeamTrimmer(isEchoed ? said : '', text.slice(said.length));
    return { stream, said, trimmer, from, startsAt: text.length };
  }

  #noted(part: PredictPart): PredictPart {
    this.#answer.add(part);
    if (part.type === 'text-delta') this.#spoken += part.text.length;
    if (part.type !== 'end' || this.#speakers.length === 0) return part;
    return { ...part, usage: sumUsage([...this.#bills, part.usage]), spokenBy: [...this.#speakers, this.#speaker()] };
  }

  #whyNot(): NotAsked | undefined {
    const { mode, request } = this.#call;
    const { shown } = this.#answer;
    if (shown === 'more' || (shown === 'text' && asksForMoreThanText(request))) return 'not-text';
    if (shown === 'text' && mode === 'restart') return 'policy';
    if (this.#speakers.length >= maxRescues) return 'too-many';
    return this.#voice.from !== undefined && this.#spoken === 0 ? 'no-progress' : undefined;
  }

  /** Notes what the dead target said, and what it cost: its text, and its input where the vendor had said nothing of it. */
  async #bury(): Promise<void> {
    const { estimator } = this.#runtime;
    const { stream, said = '', startsAt } = this.#voice;
    const { extra: _, vendorTotalTokens: __, ...told }: Partial<Usage> = stream.start.inputUsage ?? {};
    const text = this.#answer.text.slice(startsAt);
    const outputTokens = text === '' ? 0 : await estimator.count([text]);
    const inputTokens =
      told.inputTokens ??
      (await estimateInputTokens(this.#call.request, estimator)) + (said === '' ? 0 : await estimator.count([said]));
    this.#bills.push({ ...told, inputTokens, outputTokens, source: 'estimated' });
    this.#speakers.push(this.#speaker());
  }

  #speaker(): Speaker {
    const { turn, start } = this.#voice.stream;
    return { target: turn.target.name, model: start.model, characters: this.#spoken };
  }

  /** The request with the tokens that are left of its limit, at least one: how many were used is an estimate. */
  #remaining(): PredictRequest {
    const { request } = this.#call;
    const { maxOutputTokens } = request.sampling;
    if (maxOutputTokens === undefined) return request;
    const used = this.#bills.reduce((sum, { outputTokens }) => sum + outputTokens, 0);
    const sampling = { ...request.sampling, maxOutputTokens: Math.max(1, maxOutputTokens - used) };
    return { ...request, sampling };
  }

  #givenUp(from: string, why: NotAsked, lost: SluiceError): SluiceError {
    this.#count(from, '', why);
    return lost;
  }

  /** Counts how the present target, if it went on for another, has ended: the first word counts. */
  #settle(outcome: string): void {
    const { from, stream } = this.#voice;
    if (from !== undefined && !this.#isSettled) this.#count(from, stream.turn.target.name, outcome);
    this.#isSettled = true;
  }

  #count(from: string, to: string, outcome: string): void {
    this.#runtime.metrics.add('sluice_rescues_total', [from, to, outcome]);
  }
}

async function nextOf({ rest }: OpenStream): Promise<PredictPart> {
  const next = await rest.next();
  if (next.done === true) throw new SluiceError('upstream_truncated', { detail: 'an attempt without an end' });
  return next.value;
}

function* trimmed(part: PredictPart, trimmer: SeamTrimmer): Generator<PredictPart> {
  if (part.type === 'text-delta') {
    const text = trimmer.trim(part.text);
    const { type: _, text: __, ...others } = part;
    if (text !== '' || Object.keys(others).length > 0) yield { ...part, text };
    return;
  }
  const held = trimmer.release();
  if (held !== '') yield { type: 'text-delta', text: held };
  yield part;
}

function canContinue({ provider, model }: Target, request: PredictRequest): boolean {
  return provider.continuation?.canContinue(request, model) === true;
}

/**
 * What cannot be put together of two halves: log probabilities and several choices; a format, whose grammar a vendor begins anew; a call that
 * must come, where a text can only have been the beginning.
 */
function asksForMoreThanText({ sampling, responseFormat, toolChoice }: PredictRequest): boolean {
  if (sampling.logprobs === true || (sampling.choiceCount ?? 1) > 1) return true;
  if (responseFormat !== undefined && responseFormat.kind !== 'text') return true;
  return toolChoice !== undefined && toolChoice.kind !== 'auto' && toolChoice.kind !== 'none';
}
