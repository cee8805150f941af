// PredictResponse and the parts of a stream, core ↔ wire, losing nothing. What a far side sends wrongly is
// `upstream_malformed`: the answer is not the caller's fault.

import type { Answerer, DeltaPart, Ending, PredictPart, PredictResponse } from '../../core/predict.ts';
import type * as wire from '../generated/sluice/inference/v1/inference.ts';
import { answerObject, asAnswer, malformed } from './answer.ts';
import {
  choiceContentFromWire,
  choiceContentToWire,
  choiceEndingFromWire,
  choiceEndingToWire,
  choiceFromWire,
  choiceToWire,
  otherChoice,
} from './choice.ts';
import { opaqueFromWire, opaqueToWire } from './content.ts';
import { jsonToWire, optionalJsonArrayFromWire } from './json.ts';
import { logprobsFromWire, logprobsToWire } from './logprob.ts';
import { present, unlessEmpty } from './present.ts';
import { usageFromWire, usageToWire } from './usage.ts';

/** A whole answer. `text` always holds the text; `content` only when there is more to say. */
export function predictResponseToWire(response: PredictResponse): wire.PredictResponse {
  return {
    ...choiceContentToWire(response),
    answerer: answererToWire(response),
    ending: endingToWire(response),
    otherChoices: response.otherChoices?.map(choiceToWire) ?? [],
  };
}

/** The reverse of `predictResponseToWire`. Throws `upstream_malformed`. */
export function predictResponseFromWire(response: wire.PredictResponse): PredictResponse {
  if (response.answerer === undefined || response.ending === undefined) throw malformed('a response without its frame');
  return present({
    ...answererFromWire(response.answerer),
    ...endingFromWire(response.ending),
    ...choiceContentFromWire(response, 'response'),
    otherChoices: unlessEmpty(response.otherChoices.map(choiceFromWire)),
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
    case 'choice-part':
      return { ...partToWire(part.part), choice: part.choice };
    case 'choice-end':
      return { text: '', part: { $case: 'choiceEnd', value: choiceEndingToWire(part) }, choice: part.choice };
    case 'seam':
      return { text: '', part: { $case: 'seam', value: { target: part.target } } };
    case 'end':
      return { text: '', part: { $case: 'end', value: endingToWire(part) } };
  }
}

/** The reverse of `partToWire`. Throws `upstream_malformed`. A token with nothing that this version knows is empty text. */
export function partFromWire(token: wire.Token): PredictPart {
  const { part, choice = 0 } = token;
  switch (part?.$case) {
    case 'start':
      return startFromWire(part.value);
    case 'end':
      return { type: 'end', ...endingFromWire(part.value) };
    case 'choiceEnd':
      return { type: 'choice-end', choice: otherChoice(choice), ...choiceEndingFromWire(part.value) };
    case 'seam':
      return { type: 'seam', target: part.value.target };
    default: {
      const delta = deltaFromWire(token);
      return choice === 0 ? delta : { type: 'choice-part', choice: otherChoice(choice), part: delta };
    }
  }
}

function deltaFromWire({ text, part }: wire.Token): DeltaPart {
  switch (part?.$case) {
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
    case 'textDelta':
      return textDeltaFromWire(text, part.value);
    default:
      return textDeltaFromWire(text, undefined);
  }
}

type Part<Type extends PredictPart['type']> = Extract<PredictPart, { type: Type }>;

function opaqueDeltaToWire(part: Part<'opaque-delta'>): wire.OpaqueDelta {
  return { ...opaqueToWire(part), isNotice: part.isNotice === true };
}

function opaqueDeltaFromWire(delta: wire.OpaqueDelta): DeltaPart {
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
    logprobs: logprobsToWire(logprobs),
    annotationsJson: jsonToWire(annotations),
    startsBlock: startsBlock === true,
    extraJson: jsonToWire(extra),
  };
}

function textDeltaFromWire(text: string, delta: wire.TextDelta | undefined): DeltaPart {
  const isPlain = delta === undefined || (delta.logprobs.length === 0 && !delta.startsBlock);
  if (isPlain && delta?.annotationsJson === undefined && delta?.extraJson === undefined) {
    return { type: 'text-delta', text };
  }
  const { logprobs = [], annotationsJson, startsBlock = false, extraJson } = delta ?? {};
  return present({
    type: 'text-delta',
    text,
    logprobs: logprobsFromWire(logprobs),
    annotations: asAnswer(() => optionalJsonArrayFromWire(annotationsJson, 'annotations_json')),
    extra: answerObject(extraJson),
    startsBlock: startsBlock || undefined,
  } as const);
}

function reasoningDeltaToWire(part: Part<'reasoning-delta'>): wire.ReasoningDelta {
  const { text, signature, encrypted, extra, startsBlock } = part;
  return { text, signature, encrypted, extraJson: jsonToWire(extra), startsBlock: startsBlock === true };
}

function reasoningDeltaFromWire({ extraJson, startsBlock, ...named }: wire.ReasoningDelta): DeltaPart {
  return present({
    type: 'reasoning-delta',
    ...named,
    extra: answerObject(extraJson),
    startsBlock: startsBlock || undefined,
  } as const);
}

function refusalDeltaToWire({ text, logprobs }: Part<'refusal-delta'>): wire.RefusalDelta {
  return { text, logprobs: logprobsToWire(logprobs) };
}

function refusalDeltaFromWire({ text, logprobs }: wire.RefusalDelta): DeltaPart {
  return present({ type: 'refusal-delta', text, logprobs: logprobsFromWire(logprobs) } as const);
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
    ...choiceEndingToWire(ending),
    usage: usageToWire(ending.usage),
    systemFingerprint: ending.systemFingerprint,
    spokenBy: [...(ending.spokenBy ?? [])],
  };
}

function endingFromWire(ending: wire.Ending): Ending {
  const { usage, systemFingerprint, spokenBy } = ending;
  return present({
    ...choiceEndingFromWire(ending),
    usage: usageFromWire(usage),
    systemFingerprint,
    spokenBy: unlessEmpty(spokenBy),
  });
}
