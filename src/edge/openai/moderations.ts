// POST /v1/moderations: OpenAI's body to our request, and our verdicts to OpenAI's.

import Type from 'typebox';
import type { ModerateRequest, ModerateResponse } from '../../core/classify.ts';
import { SluiceError } from '../../core/error.ts';
import { isJsonObject } from '../../core/json.ts';
import type { ImagePart, TextPart } from '../../core/message.ts';
import { maxModelNameLength } from '../defaults.ts';
import { unknownFields } from '../unknown-fields.ts';
import { createBodyCheck, maybe } from '../validate.ts';
import { defaultModerationModel, maxModerationInputs } from './defaults.ts';
import { parseContentPart } from './parse-content.ts';

const body = Type.Object({
  model: maybe(Type.String({ minLength: 1, maxLength: maxModelNameLength })),
  input: Type.Union([Type.String(), Type.Array(Type.Unknown(), { minItems: 1, maxItems: maxModerationInputs })]),
});

const checkBody = createBodyCheck(body);
const knownFields: ReadonlySet<string> = new Set(Object.keys(body.properties));

/**
 * Parses the body: a text and a list of parts are one input, a list of texts as many. Throws `invalid_request` with the path of
 * the offending field.
 */
export function parseModeration(value: unknown): ModerateRequest {
  const wire = checkBody(value);
  return {
    model: wire.model ?? defaultModerationModel,
    input: inputsOf(wire.input),
    ...unknownFields(wire, knownFields),
  };
}

/** The body as text. */
export function renderModeration({ id, model, results }: ModerateResponse): string {
  return JSON.stringify({
    id,
    model,
    results: results.map(({ flagged, categories, scores, extra }) => ({
      ...extra,
      flagged,
      categories,
      category_scores: scores,
    })),
  });
}

function inputsOf(input: string | readonly unknown[]): ModerateRequest['input'] {
  if (typeof input === 'string') return [[{ type: 'text', text: input }]];
  if (typeof input[0] !== 'string') return [input.map(partOf)];
  return input.map((text, index) => {
    if (typeof text === 'string') return [{ type: 'text', text }];
    throw invalid(`input[${index}]`, 'must be a string, like the first');
  });
}

/** Nothing may get lost before it is judged: a part that has more than a text or a picture is refused. */
function partOf(value: unknown, index: number): TextPart | ImagePart {
  const param = `input[${index}]`;
  if (!isJsonObject(value) || (value['type'] !== 'text' && value['type'] !== 'image_url')) {
    throw invalid(param, 'must be a string, or an object of type text or image_url');
  }
  const part = parseContentPart({ ...value, type: value['type'] }, param);
  const isPlain = part.type === 'text' || (part.type === 'image' && part.detail === undefined);
  if (isPlain && part.extra === undefined) return part;
  throw invalid(param, `may have nothing beside its type and ${value['type'] === 'text' ? 'text' : 'image_url.url'}`);
}

function invalid(param: string, rule: string): SluiceError {
  return new SluiceError('invalid_request', { message: `Invalid value for '${param}': it ${rule}.`, param });
}
