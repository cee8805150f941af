// Answers for callers that asked with `functions`, which `tools` replaced: their one call is in `function_call`. It is put
// there as a field without a name of our own, so that neither form of an answer needs to know.

import type { JsonObject } from '../../core/json.ts';
import type { ContentPart } from '../../core/message.ts';
import type { AnswerPart, ChoiceContent, ChoiceEnding, DeltaPart, PredictResponse } from '../../core/predict.ts';
import type { StreamEncoder } from '../dialect.ts';

/** The answer with the first call of each choice as a function call; more than one cannot be asked for in this form. */
export function withFunctionCall(response: PredictResponse): PredictResponse {
  const { otherChoices } = response;
  const first = withLegacyCall(response);
  return otherChoices === undefined ? first : { ...first, otherChoices: otherChoices.map(withLegacyCall) };
}

function withLegacyCall<Answer extends ChoiceContent & ChoiceEnding>(choice: Answer): Answer {
  const call = choice.content.find((part) => part.type === 'tool-call');
  if (call === undefined) return choice;
  const legacy: ContentPart = opaque({ function_call: { name: call.name, arguments: call.arguments } });
  const others = choice.content.filter((part) => part.type !== 'tool-call');
  return { ...choice, ...legacyEnding(choice), content: [...others, legacy] };
}

/** The same for a stream, around the encoder of chat completion chunks. */
export function functionCallEncoder(encoder: StreamEncoder): StreamEncoder {
  return {
    encode: (part) => encoder.encode(legacyPart(part)),
    fail: (error) => encoder.fail(error),
    keepAlive: () => encoder.keepAlive(),
  };
}

function legacyPart(part: AnswerPart): AnswerPart {
  switch (part.type) {
    case 'tool-call-start':
    case 'tool-call-delta':
      return legacyDelta(part);
    case 'choice-part':
      return { ...part, part: legacyDelta(part.part) };
    case 'choice-end':
    case 'end':
      return { ...part, ...legacyEnding(part) };
    default:
      return part;
  }
}

function legacyDelta(part: DeltaPart): DeltaPart {
  switch (part.type) {
    case 'tool-call-start':
      return delta({ function_call: { name: part.name, arguments: '' } });
    case 'tool-call-delta':
      return delta({ function_call: { arguments: part.argumentsDelta } });
    default:
      return part;
  }
}

/** OpenAI's word for this ending of that time. */
function legacyEnding({
  finishReason,
}: ChoiceEnding): Pick<ChoiceEnding, 'finishReason' | 'rawFinishReason'> | undefined {
  return finishReason === 'tool-calls' ? { finishReason: 'other', rawFinishReason: 'function_call' } : undefined;
}

function opaque(value: JsonObject): Extract<ContentPart, { type: 'opaque' }> {
  return { type: 'opaque', dialect: 'openai', value };
}

function delta(value: JsonObject): Extract<DeltaPart, { type: 'opaque-delta' }> {
  return { type: 'opaque-delta', dialect: 'openai', value };
}
