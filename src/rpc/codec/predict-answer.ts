// PredictResponse and the parts of a stream, core ↔ wire, losing nothing. What a far side sends wrongly is
// `upstream_malformed`: the answer is not the caller's fault.

import { textOf } from '../../core/message.ts';
import type { Answerer, Ending, PredictPart, PredictResponse, TokenLogprob } from '../../core/predict.ts';
import type * as wire from '../generated/sluice/inference/v1/inference.ts';
import { answerObject, asAnswer, malformed } from './answer.ts';
import { contentListFromWire, contentToWire, opaqueFromWire, opaqueToWire, plainText } from './content.ts';
import { finishReasonFromWire, finishReasonToWire } from './enums.ts';
import { jsonToWire, optionalJsonArrayFromWire } from './json.ts';
import { present, unlessEmpty } from './present.ts';
import { usageFromWire, usageToWire } from './usage.ts';

/** A whole answer. `text` always holds the text; `content` only when there is more to say. */
export function predictResponseToWire(response: PredictResponse): wire.PredictResponse {
  const text = plainText(response.content);
  return {
    text: text ?? textOf(response.content),
    content: text === undefined ? response.content.map(contentToWire) : [],
    answerer: answererToWire(response),
    ending: endingToWire(response),
    logprobs: response.logprobs?.map(logprobToWire) ?? [],
  };
}

/** The reverse of `predictResponseToWire`. Throws `upstream_malformed`. */
export function predictResponseFromWire(response: wire.PredictResponse): PredictResponse {
  if (response.answerer === undefined || response.ending === undefined) throw malformed('a response without its frame');
  return present({
    ...answererFromWire(response.answerer),
    ...endingFromWire(response.ending),
    content: asAnswer(() => contentListFromWire(response.text, response.content, 'response')),
    logprobs: unlessEmpty(response.logprobs.map(logprobFromWire)),
  });
}

/** One part of a stream. */
export function partToWire(part: PredictPart): wire.Token {
  switch (part.type) {
    case 'text-delta':
      return { text: part.text, part: { $case: 'textDelta', value: textDeltaToWire(part) } };
    case 'start':
      return { text: '', part: { $case: 'start', value: startToWire(part) } };
    case 'reasoning-delta':
      return { text: '', part: { $case: 'reasoningDelta', value: reasoningDeltaToWire(part) } };
    case 'refusal-delta':
      return { text: '', part: { $case: 'refusalDelta', value: refusalDeltaToWire(part) } };
    case 'tool-call-start': {
      const { index, id, name, extra } = part;
      return { text: '', part: { $case: 'toolCallStart', value: { index, id, name, extraJson: jsonToWire(extra) } } };
    }
    case 'tool-call-delta': {
      const { index, argumentsDelta } = part;
      return { text: '', part: { $case: 'toolCallDelta', value: { index, argumentsDelta } } };
    }
    case 'opaque-delta':
      return { text: '', part: { $case: 'opaqueDelta', value: opaqueDeltaToWire(part) } };
    case 'end':
      return { text: '', part: { $case: 'end', value: endingToWire(part) } };
  }
}

/** The reverse of `partToWire`. Throws `upstream_malformed`. A token with nothing that this version knows is empty text. */
export function partFromWire(token: wire.Token): PredictPart {
  const { part } = token;
  switch (part?.$case) {
    case 'start':
      return startFromWire(part.value);
    case 'reasoningDelta':
      return reasoningDeltaFromWire(part.value);
    case 'refusalDelta':
      return refusalDeltaFromWire(part.value);
    case 'toolCallStart': {
      const { extraJson, ...call } = part.value;
      return present({ type: 'tool-call-start', ...call, extra: answerObject(extraJson) } as const);
    }
    case 'toolCallDelta':
      return { type: 'tool-call-delta', ...part.value };
    case 'opaqueDelta':
      return opaqueDeltaFromWire(part.value);
    case 'end':
      return { type: 'end', ...endingFromWire(part.value) };
    default:
      return textDeltaFromWire(token.text, part?.value);
  }
}

type Part<Type extends PredictPart['type']> = Extract<PredictPart, { type: Type }>;

function opaqueDeltaToWire(part: Part<'opaque-delta'>): wire.OpaqueDelta {
  return { ...opaqueToWire(part), isNotice: part.isNotice === true };
}

function opaqueDeltaFromWire(delta: wire.OpaqueDelta): PredictPart {
  const opaque = asAnswer(() => opaqueFromWire(delta, 'opaque_delta'));
  return { type: 'opaque-delta', ...opaque, ...(delta.isNotice ? { isNotice: true } : {}) };
}

/** Most parts of most streams are plain text: they are made without the detours of the optional fields. */
const plainTextDelta: wire.TextDelta = {
  logprobs: [],
  annotationsJson: undefined,
  startsBlock: false,
  extraJson: undefined,
};

function textDeltaToWire({ logprobs, annotations, startsBlock, extra }: Part<'text-delta'>): wire.TextDelta {
  const isPlain = logprobs === undefined && annotations === undefined && startsBlock === undefined;
  if (isPlain && extra === undefined) return plainTextDelta;
  return {
    logprobs: logprobs?.map(logprobToWire) ?? [],
    annotationsJson: jsonToWire(annotations),
    startsBlock: startsBlock === true,
    extraJson: jsonToWire(extra),
  };
}

function textDeltaFromWire(text: string, delta: wire.TextDelta | undefined): PredictPart {
  const isPlain = delta === undefined || (delta.logprobs.length === 0 && !delta.startsBlock);
  if (isPlain && delta?.annotationsJson === undefined && delta?.extraJson === undefined) {
    return { type: 'text-delta', text };
  }
  const { logprobs = [], annotationsJson, startsBlock = false, extraJson } = delta ?? {};
  return present({
    type: 'text-delta',
    text,
    logprobs: unlessEmpty(logprobs.map(logprobFromWire)),
    annotations: asAnswer(() => optionalJsonArrayFromWire(annotationsJson, 'annotations_json')),
    extra: answerObject(extraJson),
    startsBlock: startsBlock || undefined,
  } as const);
}

function reasoningDeltaToWire(part: Part<'reasoning-delta'>): wire.ReasoningDelta {
  const { text, signature, encrypted, extra, startsBlock } = part;
  return { text, signature, encrypted, extraJson: jsonToWire(extra), startsBlock: startsBlock === true };
}

function reasoningDeltaFromWire({ extraJson, startsBlock, ...named }: wire.ReasoningDelta): PredictPart {
  return present({
    type: 'reasoning-delta',
    ...named,
    extra: answerObject(extraJson),
    startsBlock: startsBlock || undefined,
  } as const);
}

function refusalDeltaToWire({ text, logprobs }: Part<'refusal-delta'>): wire.RefusalDelta {
  return { text, logprobs: logprobs?.map(logprobToWire) ?? [] };
}

function refusalDeltaFromWire({ text, logprobs }: wire.RefusalDelta): PredictPart {
  return present({ type: 'refusal-delta', text, logprobs: unlessEmpty(logprobs.map(logprobFromWire)) } as const);
}

function startToWire({ inputUsage, extra, ...answerer }: Part<'start'>): wire.Answerer {
  const usage = inputUsage && usageToWire(inputUsage);
  return { ...answererToWire(answerer), inputUsage: usage, extraJson: jsonToWire(extra) };
}

function startFromWire(answerer: wire.Answerer): PredictPart {
  const { inputUsage, extraJson } = answerer;
  const usage = inputUsage && usageFromWire(inputUsage);
  const extra = answerObject(extraJson);
  return present({ type: 'start', ...answererFromWire(answerer), inputUsage: usage, extra } as const);
}

function answererToWire(answerer: Answerer): wire.Answerer {
  const { id, model, target, createdAtMs, attempts, downgrades = [] } = answerer;
  const early = { inputUsage: undefined, extraJson: undefined };
  return { id, model, target, createdAtMs, attempts, downgrades: [...downgrades], ...early };
}

function answererFromWire({ id, model, target, createdAtMs, attempts, downgrades }: wire.Answerer): Answerer {
  return present({ id, model, target, createdAtMs, attempts, downgrades: unlessEmpty(downgrades) });
}

function endingToWire(ending: Ending): wire.Ending {
  return {
    finishReason: finishReasonToWire[ending.finishReason],
    rawFinishReason: ending.rawFinishReason,
    stopSequence: ending.stopSequence,
    usage: usageToWire(ending.usage),
    systemFingerprint: ending.systemFingerprint,
    extraJson: jsonToWire(ending.extra),
  };
}

function endingFromWire({ finishReason, usage, extraJson, ...named }: wire.Ending): Ending {
  return present({
    ...named,
    finishReason: finishReasonFromWire.get(finishReason) ?? 'other',
    usage: usageFromWire(usage),
    extra: answerObject(extraJson),
  });
}

function logprobToWire({ token, logprob, bytes, top }: TokenLogprob): wire.TokenLogprob {
  const utf8 = bytes && Buffer.from(bytes);
  return { token, logprob, utf8, top: top.map((other) => logprobToWire({ ...other, top: [] })) };
}

function logprobFromWire({ token, logprob, utf8, top }: wire.TokenLogprob): TokenLogprob {
  const alternatives = top.map((other) => {
    return present({ token: other.token, logprob: other.logprob, bytes: other.utf8 && [...other.utf8] });
  });
  return present({ token, logprob, bytes: utf8 && [...utf8], top: alternatives });
}
