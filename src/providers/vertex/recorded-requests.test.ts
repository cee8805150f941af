// Recorded requests to Gemini, read into our form by the shortest way and sent from there: the same question must come out.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chatRequest } from '../../../test/fixtures/calls.ts';
import { evaluationDataMissing, type WireRow, wireRows } from '../../../test/fixtures/upstream-calls.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { ContentPart, MediaSource, Message } from '../../core/message.ts';
import type { PredictRequest, Sampling, Tool } from '../../core/predict.ts';
import { predictToWire } from './to-wire.ts';

const skip = evaluationDataMissing ?? false;

/** Names that Google takes in two spellings, made one; what the caller or the model named stays. */
function camel(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(camel);
  if (!isJsonObject(value)) return value;
  const made: JsonObject = {};
  for (const [name, field] of Object.entries(value)) {
    const key = name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
    const isFree = /^(?:args|response|parameters|parametersJsonSchema|responseSchema|responseJsonSchema)$/.test(key);
    made[key] = isFree ? field : camel(field);
  }
  return made;
}

function objects(value: JsonValue | undefined): JsonObject[] {
  return (Array.isArray(value) ? value : value === undefined ? [] : [value]).filter(isJsonObject);
}

function objectAt(value: JsonObject, name: string): JsonObject | undefined {
  const field = value[name];
  return isJsonObject(field) ? field : undefined;
}

/** Ids of calls in the order of their names, for recordings without ids. */
class CallIds {
  readonly #open: { id: string; name: JsonValue | undefined }[] = [];
  #count: number = 0;

  add(call: JsonObject): string {
    this.#count += 1;
    const id = typeof call['id'] === 'string' ? call['id'] : `made-${this.#count}`;
    this.#open.push({ id, name: call['name'] });
    return id;
  }

  take(result: JsonObject): string {
    const isIt = (call: { id: string; name: JsonValue | undefined }): boolean =>
      typeof result['id'] === 'string' ? call.id === result['id'] : call.name === result['name'];
    const index = this.#open.findIndex(isIt);
    return (index === -1 ? undefined : this.#open.splice(index, 1)[0]?.id) ?? 'unknown';
  }
}

function mediaOf(part: JsonObject): ContentPart | undefined {
  const data = objectAt(part, 'inlineData');
  const file = objectAt(part, 'fileData');
  if (data === undefined && file === undefined) return undefined;
  const mediaType = String((data ?? file)?.['mimeType'] ?? '');
  const source: MediaSource =
    data === undefined
      ? { kind: 'url', url: String(file?.['fileUri']), mediaType }
      : { kind: 'data', base64: String(data['data']), mediaType };
  const { inlineData: _, fileData: __, ...extra } = part;
  const name = typeof data?.['displayName'] === 'string' ? { name: data['displayName'] } : {};
  return { type: 'file', source, ...name, extra };
}

function contentOf(part: JsonObject, ids: CallIds): ContentPart {
  const { text, functionCall, functionResponse, ...extra } = part;
  if (typeof text === 'string' && part['thought'] !== true) return { type: 'text', text, extra };
  if (isJsonObject(functionCall)) {
    const args = JSON.stringify(functionCall['args'] ?? {});
    return { type: 'tool-call', id: ids.add(functionCall), name: String(functionCall['name']), arguments: args, extra };
  }
  if (isJsonObject(functionResponse)) {
    const said: ContentPart = { type: 'text', text: JSON.stringify(functionResponse['response']) };
    const media = objects(functionResponse['parts']).map((inner) => mediaOf(inner) ?? assert.fail('unknown media'));
    return { type: 'tool-result', toolCallId: ids.take(functionResponse), content: [said, ...media] };
  }
  return mediaOf(part) ?? { type: 'opaque', dialect: 'vertex', value: part };
}

function toolsOf(wire: JsonValue | undefined): Tool[] {
  return objects(wire).flatMap((entry): Tool[] => {
    if (entry['functionDeclarations'] === undefined) return [{ kind: 'vendor', dialect: 'vertex', value: entry }];
    return objects(entry['functionDeclarations']).map((declaration) => {
      const { name, description, parametersJsonSchema, ...extra } = declaration;
      const parameters = isJsonObject(parametersJsonSchema) ? { parameters: parametersJsonSchema } : {};
      const described = typeof description === 'string' ? { description } : {};
      return { kind: 'function', name: String(name), ...described, ...parameters, extra };
    });
  });
}

function requestOf(wire: JsonObject): PredictRequest {
  const { contents, systemInstruction, tools, generationConfig, ...extra } = wire;
  const ids = new CallIds();
  const { temperature, maxOutputTokens, stopSequences, responseLogprobs, ...otherConfig } = isJsonObject(
    generationConfig,
  )
    ? generationConfig
    : {};
  const sampling = Object.fromEntries(
    Object.entries({ temperature, maxOutputTokens, stop: stopSequences, logprobs: responseLogprobs }).filter(
      ([, value]) => value !== undefined,
    ),
  ) as Sampling;
  const system = objects(isJsonObject(systemInstruction) ? systemInstruction['parts'] : undefined);
  const messages: Message[] = objects(contents).map((turn) => ({
    role: turn['role'] === 'model' ? 'assistant' : 'user',
    content: objects(turn['parts']).map((part) => contentOf(part, ids)),
  }));
  if (system.length > 0) messages.unshift({ role: 'system', content: system.map((part) => contentOf(part, ids)) });
  return chatRequest('m', {
    messages,
    sampling,
    dialect: 'vertex',
    ...(tools === undefined ? {} : { tools: toolsOf(tools) }),
    extra: { ...extra, ...(Object.keys(otherConfig).length === 0 ? {} : { generationConfig: otherConfig }) },
  });
}

/** What both sides may say differently and mean the same: made-up ids, turns cut at other places, stand-in signatures. */
function comparable(wire: JsonObject): JsonValue[] {
  const parts: JsonValue[] = [];
  for (const turn of objects(wire['contents'])) {
    for (const part of objects(turn['parts'])) {
      if (part['thought'] === true || part['text'] === '') continue;
      parts.push([turn['role'] ?? 'user', withoutMadeUp(part)]);
    }
  }
  return parts;
}

function withoutMadeUp(part: JsonObject): JsonObject {
  const copy = structuredClone(part);
  if (copy['thoughtSignature'] === 'skip_thought_signature_validator') delete copy['thoughtSignature'];
  for (const name of ['functionCall', 'functionResponse']) {
    const call = objectAt(copy, name);
    if (call === undefined) continue;
    if (String(call['id']).startsWith('made-')) delete call['id'];
    if (name === 'functionCall') call['args'] ??= {};
  }
  return copy;
}

function modelOf(row: WireRow): string {
  return /models\/([^:/]+):/.exec(row.url ?? '')?.[1] ?? 'gemini-2.5-flash';
}

test('recorded requests: every part, tool and setting goes out as it was recorded', { skip }, (t) => {
  let count = 0;
  for (const row of wireRows()) {
    if (!/:(?:stream)?[gG]enerateContent/.test(row.url ?? '') || !row.req_body) continue;
    const wire = camel(JSON.parse(row.req_body) as JsonValue) as JsonObject;
    if (wire['contents'] === undefined) continue;
    const api = row.host?.includes('aiplatform') === true ? 'vertex' : 'gemini';
    const { body } = predictToWire(requestOf(wire), modelOf(row), api);
    const label = `${row.repo} ${row.path} ${row.index}`;
    assert.deepEqual(comparable(body), comparable(wire), label);
    assert.deepEqual(
      objects(objectAt(body, 'systemInstruction')?.['parts']),
      objects(objectAt(wire, 'systemInstruction')?.['parts']),
      label,
    );
    assert.deepEqual(toolsOf(body['tools']), toolsOf(wire['tools']), label);
    const rest = (from: JsonObject): JsonObject => {
      const { contents: _, systemInstruction: __, tools: ___, generationConfig = {}, ...others } = from;
      return { ...others, generationConfig };
    };
    assert.deepEqual(rest(body), rest(wire), label);
    count += 1;
  }
  t.diagnostic(`requests: ${count}`);
  assert.ok(count >= 250, `only ${count} requests`);
});
