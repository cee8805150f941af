// POST /v1/embeddings: OpenAI's body to our request, and our vectors to OpenAI's list.

import Type from 'typebox';
import type { EmbedInput, EmbedRequest, EmbedResponse } from '../../core/embed.ts';
import { SluiceError } from '../../core/error.ts';
import { countedUsageOf } from '../counted-usage.ts';
import { maxModelNameLength } from '../defaults.ts';
import { unknownFields } from '../unknown-fields.ts';
import { createBodyCheck } from '../validate.ts';

/** What an embeddings call asks for. */
export interface EmbeddingsCall {
  readonly request: EmbedRequest;
  readonly encoding: 'float' | 'base64';
}

/** OpenAI's limit on inputs in one call. */
const maxInputs = 2048;

/** Far above any vocabulary, and what the contract between edge and model host can hold. */
const maxTokenId = 2 ** 32 - 1;

const body = Type.Object({
  model: Type.String({ minLength: 1, maxLength: maxModelNameLength }),
  input: Type.Union([Type.String(), Type.Array(Type.Unknown(), { minItems: 1 })]),
  encoding_format: Type.Optional(Type.Union([Type.Enum(['float', 'base64']), Type.Null()])),
  dimensions: Type.Optional(Type.Union([Type.Integer({ minimum: 1 }), Type.Null()])),
});

const checkBody = createBodyCheck(body);
const knownFields: ReadonlySet<string> = new Set(Object.keys(body.properties));

/**
 * Parses the body. Throws `invalid_request` with the path of the offending field. Tokens, which OpenAI's dialect allows in place of
 * texts and which LangChain sends by default, stay tokens: a list of ids is one input, a list of lists is many.
 */
export function parseEmbeddingsCall(value: unknown): EmbeddingsCall {
  const wire = checkBody(value);
  return {
    request: {
      model: wire.model,
      ...inputsOf(wire.input),
      ...(wire.dimensions == null ? {} : { dimensions: wire.dimensions }),
      ...unknownFields(wire, knownFields),
    },
    encoding: wire.encoding_format ?? 'float',
  };
}

function inputsOf(input: string | readonly unknown[]): EmbedInput {
  if (typeof input === 'string') return { input: [input] };
  if (typeof input[0] === 'number') return { input: [], tokens: [tokensOf(input, 'input')] };
  if (input.length > maxInputs) throw invalid('input', `must hold at most ${maxInputs} inputs`);
  if (Array.isArray(input[0]))
    return { input: [], tokens: input.map((ids, index) => tokensOf(ids, `input[${index}]`)) };
  return { input: input.map(textOf) };
}

function textOf(item: unknown, index: number): string {
  if (typeof item === 'string') return item;
  throw invalid(`input[${index}]`, 'must be a string');
}

function tokensOf(ids: unknown, path: string): number[] {
  if (!Array.isArray(ids) || ids.length === 0) throw invalid(path, 'must be a list of token ids');
  const wrong = ids.findIndex((id) => !Number.isInteger(id) || id < 0 || id > maxTokenId);
  if (wrong >= 0) throw invalid(`${path}[${wrong}]`, `must be a token id: a whole number from 0 to ${maxTokenId}`);
  return ids;
}

function invalid(param: string, rule: string): SluiceError {
  return new SluiceError('invalid_request', { message: `Invalid value for '${param}': it ${rule}.`, param });
}

/** The body as text. `base64` holds the vector as little-endian 32-bit floats, which is what OpenAI's own client asks for. */
export function renderEmbeddings(response: EmbedResponse, encoding: 'float' | 'base64'): string {
  const data = response.vectors.map((vector, index) => ({
    object: 'embedding',
    index,
    embedding: encoding === 'base64' ? base64Of(vector) : Array.from(vector),
  }));
  return JSON.stringify({ object: 'list', data, model: response.model, usage: countedUsageOf(response.usage) });
}

/** Every machine that Node 24 runs on is little-endian but s390x, where the bytes are swapped. */
function base64Of(vector: Float32Array): string {
  const bytes = Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength);
  return (isLittleEndian ? bytes : Buffer.from(bytes).swap32()).toString('base64');
}

const isLittleEndian: boolean = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
