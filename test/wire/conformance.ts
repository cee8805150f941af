// What the edge sent, checked against what the vendors publish: OpenAI's OpenAPI document, and the types of Anthropic's client.

import { type OpenApiDocument, openAiDocument } from '../fixtures/openapi.ts';
import { createSdkTypes, type SdkTypes } from './anthropic-types.ts';
import { endpointPaths } from './endpoints.ts';
import { eventsOf } from './ground-truth/events.ts';
import { at, listAt, textAt } from './ground-truth/said.ts';
import type { Recording } from './recordings.ts';
import type { Tapped } from './wiretap.ts';

/** The schemas of an endpoint's whole answers and stream events. */
const openAiSchemas: Readonly<Record<string, readonly [whole: string, event: string]>> = {
  [endpointPaths.chat]: ['CreateChatCompletionResponse', 'CreateChatCompletionStreamResponse'],
  [endpointPaths.completions]: ['CreateCompletionResponse', 'CreateCompletionResponse'],
  [endpointPaths.responses]: ['Response', 'ResponseStreamEvent'],
  [endpointPaths.embeddings]: ['CreateEmbeddingResponse', 'CreateEmbeddingResponse'],
};

/** Counts checks and keeps complaints. */
export class ConformanceCheck {
  /** Values checked, by schema. */
  readonly checked: Map<string, number> = new Map();
  readonly complaints: string[] = [];
  /** Values that are as the vendor of the same dialect sent them, and are not valid there either. */
  excused: number = 0;
  readonly #openAi: OpenApiDocument = openAiDocument();
  readonly #anthropic: SdkTypes = createSdkTypes(['Message', 'RawMessageStreamEvent', 'ErrorResponse']);

  /** Checks one answer: its body, or each of its events. `recorded`: what the vendor sent, in the same dialect. */
  check(answer: Tapped, label: string, recorded?: Recording): void {
    const own = recorded === undefined ? new Set<string>() : this.#kindsThatAreInvalid(answer.path, recorded);
    for (const { schema, isAnthropic, value } of valuesOf(answer)) {
      const name = `${isAnthropic ? 'anthropic' : 'openai'} ${schema}`;
      this.checked.set(name, (this.checked.get(name) ?? 0) + 1);
      const found = this.#complaints(schema, isAnthropic, value);
      if (found.length === 0) continue;
      if (own.has(kindOf(value))) this.excused += 1;
      else this.complaints.push(`${label}: ${name}: ${found.slice(0, 3).join('; ')}`);
    }
  }

  #complaints(schema: string, isAnthropic: boolean, value: unknown): string[] {
    return (isAnthropic ? this.#anthropic : this.#openAi).complaints(schema, value);
  }

  #kindsThatAreInvalid(path: string, { status, streamed, body }: Recording): Set<string> {
    const recorded = valuesOf({ path, status, isStream: streamed, text: body });
    const invalid = recorded.filter(
      ({ schema, isAnthropic, value }) => this.#complaints(schema, isAnthropic, value).length > 0,
    );
    return new Set(invalid.map(({ value }) => kindOf(value)));
  }
}

/** A value and what it should be. */
interface Expected {
  readonly schema: string;
  readonly isAnthropic: boolean;
  readonly value: unknown;
}

function valuesOf(answer: Tapped): Expected[] {
  const isAnthropic = answer.path === endpointPaths.messages;
  if (answer.status >= 400) return [{ schema: 'ErrorResponse', isAnthropic, value: jsonOf(answer.text) }];
  const [whole, event] = isAnthropic ? ['Message', 'RawMessageStreamEvent'] : (openAiSchemas[answer.path] ?? []);
  if (whole === undefined || event === undefined) return [];
  if (!answer.isStream) return [{ schema: whole, isAnthropic, value: adapted(jsonOf(answer.text), answer) }];
  const events = eventsOf(answer.text).filter(({ name, data }) => data !== '[DONE]' && name !== 'ping');
  return events.map(({ data }) => {
    const value = jsonOf(data);
    return {
      schema: isError(value, isAnthropic) ? 'ErrorResponse' : event,
      isAnthropic,
      value: adapted(value, answer),
    };
  });
}

/** What ends a failed stream is an error, whose envelope is that of an error answer; responses have an event of their own. */
function isError(value: unknown, isAnthropic: boolean): boolean {
  if (isAnthropic) return at(value, 'type') === 'error';
  return at(value, 'error') !== undefined && at(value, 'object') === undefined && at(value, 'type') === undefined;
}

/**
 * The document describes vectors only as numbers and completions only as whole answers. Vectors in base64, which OpenAI's own
 * client asks for, are checked as the numbers that they hold; a chunk of a completion as the answer that it is a part of. In
 * chunks of a chat it has no calls of custom tools, which OpenAI sends: those are left out of the check.
 */
function adapted(value: unknown, { path, isStream }: Tapped): unknown {
  if (path === endpointPaths.embeddings) {
    const data = listAt(value, 'data').map((item) => {
      const vector = at(item, 'embedding');
      return typeof vector === 'string' ? { ...(item as object), embedding: [0] } : item;
    });
    return { ...(value as object), data };
  }
  if (path === endpointPaths.chat && isStream) return withoutCustomCalls(value);
  if (path !== endpointPaths.completions || !isStream) return value;
  const { usage, ...chunk } = value as Record<string, unknown>;
  const choices = listAt(value, 'choices').map((choice) => ({
    ...(choice as object),
    finish_reason: at(choice, 'finish_reason') ?? 'stop',
  }));
  return { ...chunk, ...(usage === null ? {} : { usage }), choices };
}

function withoutCustomCalls(chunk: unknown): unknown {
  if (listAt(chunk, 'choices', 0, 'delta', 'tool_calls').length === 0) return chunk;
  const choices = listAt(chunk, 'choices').map((choice) => {
    const calls = listAt(choice, 'delta', 'tool_calls').filter((call) => at(call, 'type') !== 'custom');
    return { ...(choice as object), delta: { ...(at(choice, 'delta') as object), tool_calls: calls } };
  });
  return { ...(chunk as object), choices };
}

/** Tells values of one answer apart: the type of an event, and of the item that it is about. */
function kindOf(value: unknown): string {
  const inner = at(value, 'item') ?? at(value, 'content_block') ?? at(value, 'annotation');
  return `${textAt(value, 'type')} ${textAt(inner, 'type')}`;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
