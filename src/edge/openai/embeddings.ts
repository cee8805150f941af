// POST /v1/embeddings: OpenAI's body to our request, and our vectors to OpenAI's list.

import Type from 'typebox';
import type { EmbedRequest, EmbedResponse } from '../../core/embed.ts';
import { SluiceError } from '../../core/error.ts';
import { totalTokens } from '../../core/usage.ts';
import { unknownFields } from '../unknown-fields.ts';
import { createBodyCheck } from '../validate.ts';

/** What an embeddings call asks for. */
export interface EmbeddingsCall {
  readonly request: EmbedRequest;
  readonly encoding: 'float' | 'base64';
}

const body = Type.Object({
  model: Type.String({ minLength: 1, maxLength: 512 }),
  // OpenAI's limit on texts in one call.
  input: Type.Union([Type.String(), Type.Array(Type.Unknown(), { minItems: 1, maxItems: 2048 })]),
  encoding_format: Type.Optional(Type.Union([Type.Enum(['float', 'base64']), Type.Null()])),
  dimensions: Type.Optional(Type.Union([Type.Integer({ minimum: 1 }), Type.Null()])),
});

const checkBody = createBodyCheck(body);
const knownFields: ReadonlySet<string> = new Set(Object.keys(body.properties));

/** Parses the body. Throws `invalid_request` with the path of the offending field; token arrays are not accepted. */
export function parseEmbeddingsCall(value: unknown): EmbeddingsCall {
  const wire = checkBody(value);
  return {
    request: {
      model: wire.model,
      input: typeof wire.input === 'string' ? [wire.input] : wire.input.map(textOf),
      ...(wire.dimensions == null ? {} : { dimensions: wire.dimensions }),
      ...unknownFields(wire, knownFields),
    },
    encoding: wire.encoding_format ?? 'float',
  };
}

function textOf(item: unknown, index: number): string {
  if (typeof item === 'string') return item;
  const isTokens = typeof item === 'number' || Array.isArray(item);
  const rule = isTokens
    ? 'must be text: arrays of tokens are not supported, since each model has its own tokens'
    : 'must be a string';
  const param = `input[${index}]`;
  throw new SluiceError('invalid_request', { message: `Invalid value for '${param}': it ${rule}.`, param });
}

/** The body as text. `base64` holds the vector as little-endian 32-bit floats, which is what OpenAI's own client asks for. */
export function renderEmbeddings(response: EmbedResponse, encoding: 'float' | 'base64'): string {
  const data = response.vectors.map((vector, index) => ({
    object: 'embedding',
    index,
    embedding: encoding === 'base64' ? base64Of(vector) : Array.from(vector),
  }));
  const usage = { prompt_tokens: response.usage.inputTokens, total_tokens: totalTokens(response.usage) };
  return JSON.stringify({ object: 'list', data, model: response.model, usage });
}

/** Every machine that Node 24 runs on is little-endian but s390x, where the bytes are swapped. */
function base64Of(vector: Float32Array): string {
  const bytes = Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength);
  return (isLittleEndian ? bytes : Buffer.from(bytes).swap32()).toString('base64');
}

const isLittleEndian: boolean = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
