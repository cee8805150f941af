// Tools, the choice among them, calls and results in Google's form.

import { parseExactJson } from '../../core/exact-json.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import {
  type AudioPart,
  type ContentPart,
  type FilePart,
  type ImagePart,
  type ToolCallPart,
  type ToolResultPart,
  textOf,
} from '../../core/message.ts';
import type { Tool, ToolChoice } from '../../core/predict.ts';
import { set, type TurnPlace, unsupported } from '../translation/request-translation.ts';
import { objectOf, textValueOf } from '../translation/wire-values.ts';
import type { Translation } from './translation.ts';

/**
 * All functions as one entry of `functionDeclarations`, in place of the first (several entries of them are refused), each of Google's own tools as
 * an entry as it came. Arguments are described in JSON Schema (`parametersJsonSchema`). `strict` has no field.
 */
export function toolsToWire(tools: readonly Tool[], translation: Translation): JsonObject[] {
  const wire: JsonObject[] = [];
  const declarations: JsonObject[] = [];
  tools.forEach((tool, index) => {
    const path = `tools[${index}]`;
    if (tool.kind === 'vendor') {
      if (tool.dialect !== 'vertex') throw unsupported(`a tool of the ${tool.dialect} API`, path);
      wire.push(tool.value);
      return;
    }
    const declaration: JsonObject = { name: tool.name };
    set(declaration, 'description', tool.description);
    if (tool.parameters !== undefined) declaration['parametersJsonSchema'] = withoutDialect(tool.parameters);
    if (tool.strict === true) translation.downgrade('strict');
    translation.addToolExtra(declaration, tool.extra, path);
    if (declarations.length === 0) wire.push({ functionDeclarations: declarations });
    declarations.push(declaration);
  });
  return wire;
}

/** `$schema` only says which JSON Schema it is; Google knows a part of one, whatever it says. */
export function withoutDialect(schema: JsonObject): JsonObject {
  const { $schema: _, ...rest } = schema;
  return rest;
}

/** `toolConfig`. OpenAI's `allowed_tools` has a form here; other objects of another dialect have none. */
export function toolChoiceToWire(choice: ToolChoice): JsonObject {
  switch (choice.kind) {
    case 'auto':
      return calling('AUTO');
    case 'none':
      return calling('NONE');
    case 'required':
      return calling('ANY');
    case 'function':
      return calling('ANY', [choice.name]);
    case 'vendor':
      if (choice.dialect === 'vertex') return choice.value;
      return allowedTools(choice.value) ?? reject(choice.dialect);
  }
}

function reject(dialect: string): never {
  throw unsupported(`a tool choice of the ${dialect} API`, 'tool_choice');
}

function calling(mode: string, names?: string[]): JsonObject {
  const config: JsonObject = { mode };
  if (names !== undefined) config['allowedFunctionNames'] = names;
  return { functionCallingConfig: config };
}

/** VALIDATED leaves the model free to answer in words, and is the only such mode that takes a list of names. */
function allowedTools(value: JsonObject): JsonObject | undefined {
  if (value['type'] !== 'allowed_tools') return undefined;
  const allowed = objectOf(value['allowed_tools']) ?? value;
  const tools = Array.isArray(allowed['tools']) ? allowed['tools'] : [];
  const names = tools.map(nameOfTool);
  if (names.length === 0 || names.includes(undefined)) return undefined;
  const mode = allowed['mode'] === 'required' ? 'ANY' : 'VALIDATED';
  return calling(
    mode,
    names.filter((name) => name !== undefined),
  );
}

function nameOfTool(tool: JsonValue): string | undefined {
  const entry = objectOf(tool);
  if (entry?.['type'] !== 'function') return undefined;
  return textValueOf(objectOf(entry['function'])?.['name']) ?? textValueOf(entry['name']);
}

/** A call of an earlier turn. Arguments must be an object on Google's wire. */
export function callToWire(part: ToolCallPart, place: TurnPlace, translation: Translation): JsonObject {
  const args = part.arguments.trim() === '' ? {} : parsed(part.arguments);
  if (!isJsonObject(args)) throw unsupported('arguments of a call that are no JSON object', `${place.path}.arguments`);
  const wire: JsonObject = { functionCall: { id: part.id, name: part.name, args } };
  const signature = signatureOf(part.extra);
  if (signature !== undefined) wire['thoughtSignature'] = signature;
  translation.addTurnExtra(wire, part.extra, place);
  return wire;
}

/**
 * The signature that Google put on a part and wants back: under its own name, or under the one that it has in Google's
 * OpenAI-compatible endpoint, `extra_content.google.thought_signature`, which clients know how to keep.
 */
export function signatureOf(extra: JsonObject | undefined): string | undefined {
  if (extra === undefined) return undefined;
  return (
    textValueOf(objectOf(objectOf(extra['extra_content'])?.['google'])?.['thought_signature']) ??
    textValueOf(extra['thoughtSignature']) ??
    textValueOf(extra['thought_signature'])
  );
}

/** A signature as `signatureOf` reads it, by the name under which clients keep it. */
export function signatureExtra(signature: string): JsonObject {
  return { extra_content: { google: { thought_signature: signature } } };
}

/** True for what goes as media beside or within a result. */
export function isMedia(part: ContentPart): part is ImagePart | AudioPart | FilePart {
  return part.type === 'image' || part.type === 'audio' || part.type === 'file';
}

/**
 * A result without its media. `response` is an object on Google's wire: a text that is one goes as it is, any other text under
 * `output`, and that of a failed tool under `error`, as Google documents.
 */
export function resultToWire(
  part: ToolResultPart,
  name: string,
  place: TurnPlace,
  translation: Translation,
): JsonObject {
  for (const inner of part.content) {
    if (inner.type !== 'text' && !isMedia(inner)) throw unsupported(`a ${inner.type} in a tool result`, place.path);
    if (inner.type === 'text') translation.addTurnExtra({}, inner.extra, place);
  }
  const text = textOf(part.content);
  const object = part.isError === true ? undefined : exactObject(text);
  const response = part.isError === true ? { error: text } : (object ?? { output: text });
  const wire: JsonObject = { id: part.toolCallId, name, response };
  translation.addTurnExtra(wire, part.extra, place);
  return wire;
}

/** The object that a text is, when nothing of it (such as digits of a number) is lost by parsing it. */
function exactObject(text: string): JsonObject | undefined {
  const value = text.trimStart().startsWith('{') ? parsed(text) : undefined;
  if (!isJsonObject(value)) return undefined;
  const bare = (json: string): string => json.replace(/\s+/g, '');
  return bare(text) === bare(JSON.stringify(value)) ? value : undefined;
}

function parsed(text: string): JsonValue | undefined {
  try {
    return parseExactJson(text);
  } catch {
    return undefined;
  }
}
