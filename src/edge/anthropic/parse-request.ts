// The body of /v1/messages to a PredictRequest. Nothing is lost: what has no internal form stays in `extra` or in opaque
// parts, both marked with the dialect `anthropic`.

import { SluiceError } from '../../core/error.ts';
import type { ContentPart, Message } from '../../core/message.ts';
import type { PredictRequest, ResponseFormat, Sampling } from '../../core/predict.ts';
import type { TurnOrigin } from '../caller-place.ts';
import { unknownFields, type WithExtra } from '../unknown-fields.ts';
import { check } from './check.ts';
import { responseSchemaName, threadParam } from './defaults.ts';
import { parseContent } from './parse-content.ts';
import { parseToolChoice, parseTools } from './parse-tools.ts';
import type { MessageBody, MessagesBody, OutputConfigBody } from './request-body.ts';
import { bodyValidator, countBodyValidator } from './request-schema.ts';

const knownFields = new Set([
  'model',
  'max_tokens',
  'messages',
  'system',
  'stream',
  'temperature',
  'top_p',
  'top_k',
  'stop_sequences',
  'tools',
  'tool_choice',
  'output_config',
  'thread',
]);
const knownMessageFields = new Set(['role', 'content']);
const knownFormatFields = new Set(['type', 'schema']);

/** A parsed request, and whether the answer is to be streamed. */
export interface MessagesRequest {
  readonly request: PredictRequest;
  readonly stream: boolean;
}

/** Parses a body that JSON.parse returned. Throws `invalid_request` naming the offending field. */
export function parseMessagesRequest(value: unknown): MessagesRequest {
  const body = check<MessagesBody>(bodyValidator, value, '');
  return { request: requestOf(body), stream: body.stream === true };
}

/** Parses the body of a question about tokens, which need not say how long the answer may be. Throws as above. */
export function parseCountRequest(value: unknown): PredictRequest {
  return requestOf(check<MessagesBody>(countBodyValidator, value, ''));
}

function requestOf(body: MessagesBody): PredictRequest {
  const { tools, tool_choice, output_config } = body;
  if (body.thread) throw threadError();
  const unknown = unknownFields(body, knownFields);
  const output = output_config ? parseOutputConfig(output_config) : {};
  const extra = { ...unknown.extra, ...output.extra };
  return {
    model: body.model,
    messages: parseMessages(body),
    sampling: parseSampling(body),
    ...(tools ? { tools: parseTools(tools) } : {}),
    ...(tool_choice ? parseToolChoice(tool_choice) : {}),
    ...output,
    dialect: 'anthropic',
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  };
}

/**
 * A thread is a conversation that the vendor keeps, so that a request holds only the newest turn. Its memory would be out of
 * the reach of redaction, caches and other targets, so it is refused in the way that makes Anthropic's clients send the whole
 * conversation instead (see render-error.ts).
 */
function threadError(): SluiceError {
  const message = 'thread: No conversation is kept between requests. Send all messages, without `thread`.';
  return new SluiceError('unsupported_capability', { message, param: threadParam });
}

/** The system prompt first, as a message of its own, then the turns. */
function parseMessages(body: MessagesBody): Message[] {
  const messages: Message[] = [];
  if (body.system) messages.push({ role: 'system', content: parseContent(body.system, 'system', 'system') });
  body.messages.forEach((message, index) => {
    for (const turn of parseTurn(message, `messages.${index}`)) messages.push(turn);
  });
  return messages;
}

/** Where the turns of a request stand in its body, which was parsed before. */
export function turnOrigins(value: unknown): TurnOrigin[] {
  const { system, messages } = value as MessagesBody;
  const origins: TurnOrigin[] = [];
  if (system) origins.push(originOf(parseContent(system, 'system', 'system').length, 'system', system, 0));
  for (const [index, message] of messages.entries()) {
    const { content } = message;
    let block = 0;
    for (const turn of parseTurn(message, `messages.${index}`)) {
      origins.push({
        ...originOf(turn.content.length, `messages[${index}].content`, content, block),
        path: `messages[${index}]`,
      });
      block += turn.content.length;
    }
  }
  return origins;
}

/** Each block is one part; a text is one too. */
function originOf(count: number, path: string, content: unknown, from: number): TurnOrigin {
  const pathOf = (at: number): string => (typeof content === 'string' ? path : `${path}[${from + at}]`);
  return { path, parts: Array.from({ length: count }, (_, at) => ({ path: pathOf(at) })) };
}

/**
 * One turn. Anthropic puts the results of tools into the user's turn; internally they are turns of role `tool`. So a turn is
 * cut wherever results and other content meet, in order. Unknown fields of the turn stay with its first piece.
 */
function parseTurn(message: MessageBody, path: string): Message[] {
  const { role } = message;
  const extra = unknownFields(message, knownMessageFields);
  const pieces: { role: Message['role']; content: ContentPart[] }[] = [];
  for (const part of parseContent(message.content, role, `${path}.content`)) {
    const speaker = part.type === 'tool-result' ? 'tool' : role;
    const last = pieces.at(-1);
    if (last?.role === speaker) last.content.push(part);
    else pieces.push({ role: speaker, content: [part] });
  }
  const [first = { role, content: [] }, ...rest] = pieces;
  return [{ ...first, ...extra }, ...rest];
}

function parseSampling(body: MessagesBody): Sampling {
  const { max_tokens, temperature, top_p, top_k, stop_sequences } = body;
  return {
    ...(typeof max_tokens === 'number' ? { maxOutputTokens: max_tokens } : {}),
    ...(typeof temperature === 'number' ? { temperature } : {}),
    ...(typeof top_p === 'number' ? { topP: top_p } : {}),
    ...(typeof top_k === 'number' ? { topK: top_k } : {}),
    ...(stop_sequences ? { stop: stop_sequences } : {}),
  };
}

/** Effort and JSON schema by name; whatever else it holds stays in `extra.output_config`. */
function parseOutputConfig(
  config: OutputConfigBody,
): Pick<PredictRequest, 'reasoningEffort' | 'responseFormat'> & WithExtra {
  const { effort, format } = config;
  const responseFormat = format ? parseFormat(format) : undefined;
  const known = new Set(['effort', ...(responseFormat === undefined && format ? [] : ['format'])]);
  const rest = unknownFields(config, known).extra;
  return {
    ...(effort ? { reasoningEffort: effort } : {}),
    ...(responseFormat === undefined ? {} : { responseFormat }),
    ...(rest === undefined ? {} : { extra: { output_config: rest } }),
  };
}

/** Strict, because Anthropic guarantees that an answer follows the schema; undefined for a format of an unknown form. */
function parseFormat(format: NonNullable<OutputConfigBody['format']>): ResponseFormat | undefined {
  if (format.type !== 'json_schema' || format.schema === undefined) return undefined;
  if (unknownFields(format, knownFormatFields).extra !== undefined) return undefined;
  return { kind: 'json-schema', name: responseSchemaName, schema: format.schema, strict: true };
}
