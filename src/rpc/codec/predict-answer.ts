// PredictResponse and the parts of a stream, core ↔ wire, losing nothing. What a far side sends wrongly is
// `upstream_malformed`: the answer is not the caller's fault.

import { SluiceError } from '../../core/error.ts';
import { textOf } from '../../core/message.ts';
import type { Answerer, Ending, PredictPart, PredictResponse, TokenLogprob } from '../../core/predict.ts';
import type { Usage } from '../../core/usage.ts';
import type * as wire from '../generated/sluice/inference/v1/inference.ts';
import { contentListFromWire, contentToWire, opaqueFromWire, opaqueToWire, plainText } from './content.ts';
import { finishReasonFromWire, finishReasonToWire, usageSourceFromWire, usageSourceToWire } from './enums.ts';
import { jsonToWire, optionalJsonObjectFromWire } from './json.ts';
import { present, unlessEmpty } from './present.ts';

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
    ...response.answerer,
    ...endingFromWire(response.ending),
    content: asAnswer(() => contentListFromWire(response.text, response.content, 'response')),
    logprobs: unlessEmpty(response.logprobs.map(logprobFromWire)),
  });
}

/** One part of a stream. */
export function partToWire(part: PredictPart): wire.Token {
  switch (part.type) {
    case 'text-delta': {
      const logprobs = part.logprobs?.map(logprobToWire) ?? [];
      return { text: part.text, part: { $case: 'textDelta', value: { logprobs } } };
    }
    case 'start':
      return { text: '', part: { $case: 'start', value: answererToWire(part) } };
    case 'reasoning-delta': {
      const { text, signature, encrypted } = part;
      return { text: '', part: { $case: 'reasoningDelta', value: { text, signature, encrypted } } };
    }
    case 'refusal-delta':
      return { text: '', part: { $case: 'refusalDelta', value: { text: part.text } } };
    case 'tool-call-start': {
      const { index, id, name } = part;
      return { text: '', part: { $case: 'toolCallStart', value: { index, id, name } } };
    }
    case 'tool-call-delta': {
      const { index, argumentsDelta } = part;
      return { text: '', part: { $case: 'toolCallDelta', value: { index, argumentsDelta } } };
    }
    case 'opaque-delta':
      return { text: '', part: { $case: 'opaqueDelta', value: opaqueToWire(part) } };
    case 'end':
      return { text: '', part: { $case: 'end', value: endingToWire(part) } };
  }
}

/** The reverse of `partToWire`. Throws `upstream_malformed`. A token with nothing that this version knows is empty text. */
export function partFromWire(token: wire.Token): PredictPart {
  const { part } = token;
  switch (part?.$case) {
    case 'start':
      return { type: 'start', ...part.value };
    case 'reasoningDelta':
      return present({ type: 'reasoning-delta', ...part.value } as const);
    case 'refusalDelta':
      return { type: 'refusal-delta', text: part.value.text };
    case 'toolCallStart':
      return { type: 'tool-call-start', ...part.value };
    case 'toolCallDelta':
      return { type: 'tool-call-delta', ...part.value };
    case 'opaqueDelta':
      return { type: 'opaque-delta', ...asAnswer(() => opaqueFromWire(part.value, 'opaque_delta')) };
    case 'end':
      return { type: 'end', ...endingFromWire(part.value) };
    default: {
      const logprobs = part?.value.logprobs;
      if (logprobs === undefined || logprobs.length === 0) return { type: 'text-delta', text: token.text };
      return { type: 'text-delta', text: token.text, logprobs: logprobs.map(logprobFromWire) };
    }
  }
}

/** Token counts. */
export function usageToWire(usage: Usage): wire.Usage {
  return {
    inputTokens: usage.inputTokens,
    outputTokens: usage.outputTokens,
    cachedInputTokens: usage.cachedInputTokens,
    cacheWriteInputTokens: usage.cacheWriteInputTokens,
    reasoningTokens: usage.reasoningTokens,
    source: usageSourceToWire[usage.source],
  };
}

/** The reverse of `usageToWire`. A source that is unknown counts as an estimate. Throws `upstream_malformed` for none. */
export function usageFromWire(usage: wire.Usage | undefined): Usage {
  if (usage === undefined) throw malformed('an answer without usage');
  return present({ ...usage, source: usageSourceFromWire.get(usage.source) ?? 'estimated' });
}

function answererToWire({ id, model, target, createdAtMs, attempts }: Answerer): wire.Answerer {
  return { id, model, target, createdAtMs, attempts };
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
    extra: asAnswer(() => optionalJsonObjectFromWire(extraJson, 'ending.extra_json')),
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

/** Runs a decoder that blames the request, and blames the answer instead. */
function asAnswer<Result>(decode: () => Result): Result {
  try {
    return decode();
  } catch (error) {
    throw malformed(error instanceof Error ? error.message : 'unreadable', error);
  }
}

function malformed(detail: string, cause?: unknown): SluiceError {
  return new SluiceError('upstream_malformed', { detail: `inference service: ${detail}`, cause });
}
