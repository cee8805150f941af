// What a request over gRPC must hold: proto3 has no required fields, so a stranger's request may ask for nothing at all. Each check
// throws `invalid_request` with the field's name in the contract.

import type { ClassifyRequest, ModerateRequest } from '../core/classify.ts';
import { maxChoices } from '../core/defaults.ts';
import type { EmbedRequest } from '../core/embed.ts';
import { SluiceError } from '../core/error.ts';
import type { PredictRequest } from '../core/predict.ts';
import type { RankRequest } from '../core/rank.ts';
import type { InferRequest } from '../core/tensor.ts';
import type { TranscribeRequest } from '../core/transcribe.ts';

/**
 * A model, and a conversation, a raw prompt, or (of the Responses API) fields by which a vendor finds what it holds itself; and no
 * more choices than an answer may have.
 */
export function requireQuestion({ model, messages, prompt, sampling, dialect, extra }: PredictRequest): void {
  requireField(model !== '', 'model');
  const isHeld = dialect === 'openai-responses' && extra !== undefined;
  requireField(messages.length > 0 || prompt !== undefined || isHeld, 'messages');
  const { choiceCount = 1 } = sampling;
  if (choiceCount >= 1 && choiceCount <= maxChoices) return;
  const param = 'sampling.choice_count';
  throw new SluiceError('invalid_request', { message: `${param} must be 1 to ${maxChoices}.`, param });
}

/** A model, and texts or tokens. */
export function requireEmbedInput({ model, input, tokens = [] }: EmbedRequest): void {
  requireField(model !== '', 'model');
  requireField(input.length > 0 || tokens.length > 0, 'input');
  for (const [index, ids] of tokens.entries()) requireField(ids.length > 0, `tokens[${index}]`);
}

/** A model and texts. */
export function requireTexts({ model, input }: ClassifyRequest): void {
  requireField(model !== '', 'model');
  requireField(input.length > 0, 'input');
}

/** A model, a query and documents. */
export function requireRanking({ model, query, documents }: RankRequest): void {
  requireField(model !== '', 'model');
  requireField(query !== '', 'query');
  requireField(documents.length > 0, 'documents');
}

/** A model and inputs, each with something in it. */
export function requireInputs({ model, input }: ModerateRequest): void {
  requireField(model !== '', 'model');
  requireField(input.length > 0, 'input');
  for (const [index, parts] of input.entries()) requireField(parts.length > 0, `input[${index}]`);
}

/** A model, sound and the name that tells its format. */
export function requireAudio({ model, audio, fileName }: TranscribeRequest): void {
  requireField(model !== '', 'model');
  requireField(audio.byteLength > 0, 'audio');
  requireField(fileName !== '', 'file_name');
}

/** A model and named tensors. */
export function requireTensors({ model, inputs, outputs }: InferRequest): void {
  requireField(model !== '', 'model');
  requireField(inputs.length > 0, 'inputs');
  for (const [index, { name }] of inputs.entries()) requireField(name !== '', `inputs[${index}].name`);
  for (const [index, { name }] of outputs.entries()) requireField(name !== '', `outputs[${index}].name`);
}

/** A model. */
export function requireModel({ model }: { readonly model: string }): void {
  requireField(model !== '', 'model');
}

function requireField(isGiven: boolean, param: string): void {
  if (!isGiven) throw new SluiceError('invalid_request', { message: `${param} must not be empty.`, param });
}
