// What a server of the OpenAI dialect can be asked for, over a connection to it. Vendors that have more than this dialect
// compose these operations with their own over the same connection.

import { contentOfAll } from '../../core/collect.ts';
import { upstreamMalformed } from '../../core/error.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { PredictPart, PredictRequest, PredictResponse } from '../../core/predict.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Continuation, ModelCall, ModelProvider } from '../../ports/model.ts';
import type { TokenEstimator } from '../../ports/token-estimator.ts';
import { type AnswerContext, answerContextOf } from '../translation/answer-context.ts';
import { withAnswerSoFar } from '../translation/answer-so-far.ts';
import type { WireRequest } from '../translation/request-translation.ts';
import { outputOf, settleUsage } from '../translation/usage.ts';
import { parseObject } from '../translation/wire-values.ts';
import { type Connection, jsonPayload } from '../transport/connection.ts';
import { classifyFromWire, classifyToWire } from './classify.ts';
import { completionAsChat, completionToWire } from './completions.ts';
import { type ContinuationForm, canContinue, markContinuation } from './continuation.ts';
import { maxKnownHabits } from './defaults.ts';
import { embedFromWire, embedToWire } from './embed.ts';
import { embeddedFailureOf, isFailure } from './errors.ts';
import { predictFromWire } from './from-wire.ts';
import { moderateFromWire, moderateToWire } from './moderate.ts';
import { type RankForm, rankFromWire, rankToWire } from './rank.ts';
import { ChatStreamReader, type EndingHabit } from './stream.ts';
import { type MaxTokensField, predictToWire } from './to-wire.ts';
import { transcribeFromWire, transcribeToWire } from './transcribe.ts';
import type { Recipient } from './translation.ts';

/** What the operations need beside a connection. */
export interface OperationOptions {
  readonly clock: Clock;
  readonly estimator: TokenEstimator;
  readonly maxTokensField?: MaxTokensField | undefined;
  readonly rankForm?: RankForm | undefined;
  /** Who gets earlier answers that callers send back. Default `any`. */
  readonly recipient?: Recipient | undefined;
  /** How the server is asked to go on with an answer. Default `none`: it begins anew, but for raw prompts. */
  readonly continuation?: ContinuationForm | undefined;
  /** True of a server that is known to end streams with `[DONE]`. Default: told, model by model, by the first stream that does. */
  readonly saysDone?: boolean | undefined;
}

/** All operations of the dialect. */
export type Operations = Required<
  Pick<
    ModelProvider,
    'predict' | 'predictStream' | 'continuation' | 'embed' | 'rank' | 'classify' | 'moderate' | 'transcribe'
  >
>;

/** The operations over a connection. A request with a raw prompt goes to `/completions`, any other to `/chat/completions`. */
export function createOperations(connection: Connection, options: OperationOptions): Operations {
  const { estimator } = options;
  const post = async (path: string, body: JsonObject, call: ModelCall): Promise<JsonObject> =>
    checked(await connection.post(path, body, call, JSON.parse), connection, call);
  const contextOf = (call: ModelCall): AnswerContext => answerContextOf(connection, options, call);
  return {
    ...createPredictions(connection, options),
    async embed(request, call) {
      const body = await post('/embeddings', embedToWire(request, call.model), call);
      return embedFromWire(body, request, call.model, connection.targetOf(call), estimator);
    },
    async rank(request, call) {
      const body = rankToWire(request, call.model, options.rankForm ?? 'jina');
      const answer = await connection.send('/rerank', jsonPayload(body), call);
      return rankFromWire(parseAny(answer), request, contextOf(call));
    },
    async classify(request, call) {
      const answer = await post('//classify', classifyToWire(request, call.model), call);
      return classifyFromWire(answer, request, contextOf(call));
    },
    async moderate(request, call) {
      const answers: JsonObject[] = [];
      for (const body of moderateToWire(request, call.model)) answers.push(await post('/moderations', body, call));
      return moderateFromWire(answers, request, contextOf(call));
    },
    async transcribe(request, call) {
      const answer = await connection.send('/audio/transcriptions', transcribeToWire(request, call.model), call);
      return transcribeFromWire(checked(parseObject(answer, 'the answer'), connection, call), request, contextOf(call));
    },
  };
}

function createPredictions(
  connection: Connection,
  options: OperationOptions,
): Pick<Operations, 'predict' | 'predictStream' | 'continuation'> {
  const { estimator } = options;
  const habits = new Map<string, EndingHabit>();
  const habitOf = (model: string): EndingHabit => {
    const known = habits.get(model);
    if (known !== undefined) return known;
    const [oldest] = habits.keys();
    if (habits.size >= maxKnownHabits && oldest !== undefined) habits.delete(oldest);
    const habit = { saysDone: options.saysDone === true };
    habits.set(model, habit);
    return habit;
  };
  const maxTokensField = options.maxTokensField ?? 'max_tokens';
  const toWire = (request: PredictRequest, { model }: ModelCall, stream: boolean): WireRequest =>
    request.prompt === undefined
      ? predictToWire(request, { model, stream, maxTokensField, recipient: options.recipient })
      : completionToWire(request, model, stream);
  const pathOf = (request: PredictRequest): string =>
    request.prompt === undefined ? '/chat/completions' : '/completions';
  const stream: Stream = (request, call, finish) =>
    connection.stream(call, () => {
      const { body, downgrades } = toWire(request, call, true);
      finish?.(body);
      const context = answerContextOf(connection, options, call, downgrades);
      const failure = (event: JsonObject) => embeddedFailureOf(event, connection.failureContext(call));
      const reader = new ChatStreamReader(request, context, failure, habitOf(call.model));
      return { path: pathOf(request), body, reader };
    });
  return {
    async predict(request, call): Promise<PredictResponse> {
      const { body, downgrades } = toWire(request, call, false);
      const answered = checked(await connection.post(pathOf(request), body, call), connection, call);
      const answer = completionAsChat(answered);
      const response = predictFromWire(
        answer,
        answerContextOf(connection, options, call, downgrades),
        request.sampling.choiceCount,
      );
      return settleUsage(response, request, outputOf(contentOfAll(response)), estimator);
    },
    predictStream: (request, call) => stream(request, call),
    continuation: createContinuation(options.continuation ?? 'none', stream),
  };
}

/** Streams a request whose body may have a last change. */
type Stream = (
  request: PredictRequest,
  call: ModelCall,
  finish?: (body: JsonObject) => void,
) => AsyncIterable<PredictPart>;

function createContinuation(form: ContinuationForm, stream: Stream): Continuation {
  return {
    canContinue: (request) => canContinue(request, form),
    mayEcho: form === 'prefix',
    continueStream: (request, said, call) =>
      stream(withAnswerSoFar(request, said), call, (body) => markContinuation(body, form)),
  };
}

/** Some servers report failures under status 200. */
function checked(answer: JsonObject, connection: Connection, call: ModelCall): JsonObject {
  if (isFailure(answer)) throw embeddedFailureOf(answer, connection.failureContext(call));
  return answer;
}

/** JSON of any kind: TEI's ranking is a bare list. */
function parseAny(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    throw upstreamMalformed(`the answer of ${text.length} characters is not JSON`);
  }
}
