// Every type of event, block, item, delta and part that the vendors' own clients know, and the fixture in which it is read here.
// The tables are typed by the unions of those clients: a type that a newer version adds does not compile until it has a fixture.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type {
  BetaContentBlock,
  BetaRawContentBlockDelta,
  BetaRawMessageStreamEvent,
  BetaTextCitation,
} from '@anthropic-ai/sdk/resources/beta/messages/messages';
import type { ResponseOutputItem, ResponseStreamEvent } from 'openai/resources/responses/responses';
import { isJsonObject, type JsonObject } from '../../src/core/json.ts';
import type { PredictPart } from '../../src/core/predict.ts';
import { cutAt } from '../fixtures/upstream-calls.ts';
import { eventEnds, feed, type StreamForm } from './vendor-streams.ts';

const providers = join(import.meta.dirname, '../../src/providers');

/** The payloads of a fixture; what is no JSON object, such as `[DONE]`, is left out. */
function payloadsOf(file: string): JsonObject[] {
  const lines = readFileSync(join(providers, file), 'utf8').split(/\r?\n/);
  return lines.flatMap((line) => (line.startsWith('data: {') ? [JSON.parse(line.slice(6)) as JsonObject] : []));
}

/** The parts of a fixture, by the event that made them. */
async function partsByEvent(
  form: StreamForm,
  file: string,
): Promise<{ payload: JsonObject | undefined; parts: readonly PredictPart[] }[]> {
  const body = readFileSync(join(providers, file));
  const events = cutAt(body, eventEnds(body));
  const made: { payload: JsonObject | undefined; parts: readonly PredictPart[] }[] = [];
  let before = 0;
  for (let count = 1; count <= events.length; count += 1) {
    const { parts } = await feed(form, events.slice(0, count), { ending: 'stall' });
    const data = /^data: (\{.*\})$/m.exec(events[count - 1]?.toString() ?? '')?.[1];
    let payload: JsonObject | undefined;
    try {
      payload = data === undefined ? undefined : (JSON.parse(data) as JsonObject);
    } catch {
      payload = undefined;
    }
    made.push({ payload, parts: parts.slice(before) });
    before = parts.length;
  }
  return made;
}

// ---- Anthropic

const messageEvents: Record<BetaRawMessageStreamEvent['type'], string> = {
  message_start: 'anthropic/fixtures/every-event.sse',
  content_block_start: 'anthropic/fixtures/every-event.sse',
  content_block_delta: 'anthropic/fixtures/every-event.sse',
  content_block_stop: 'anthropic/fixtures/every-event.sse',
  message_delta: 'anthropic/fixtures/every-event.sse',
  message_stop: 'anthropic/fixtures/every-event.sse',
};

const blocks: Record<BetaContentBlock['type'], string> = {
  text: 'anthropic/fixtures/every-event.sse',
  thinking: 'anthropic/fixtures/every-event.sse',
  redacted_thinking: 'anthropic/fixtures/every-event.sse',
  tool_use: 'anthropic/fixtures/every-event.sse',
  server_tool_use: 'anthropic/fixtures/every-block.sse',
  web_search_tool_result: 'anthropic/fixtures/every-block.sse',
  web_fetch_tool_result: 'anthropic/fixtures/every-block.sse',
  advisor_tool_result: 'anthropic/fixtures/every-block.sse',
  code_execution_tool_result: 'anthropic/fixtures/every-block.sse',
  bash_code_execution_tool_result: 'anthropic/fixtures/every-block.sse',
  text_editor_code_execution_tool_result: 'anthropic/fixtures/every-block.sse',
  tool_search_tool_result: 'anthropic/fixtures/every-block.sse',
  mcp_tool_use: 'anthropic/fixtures/every-block.sse',
  mcp_tool_result: 'anthropic/fixtures/every-block.sse',
  container_upload: 'anthropic/fixtures/every-block.sse',
  compaction: 'anthropic/fixtures/every-event.sse',
  fallback: 'anthropic/fixtures/every-block.sse',
  mcp_tool_listing: 'anthropic/fixtures/every-block.sse',
};

const deltas: Record<BetaRawContentBlockDelta['type'], string> = {
  text_delta: 'anthropic/fixtures/every-event.sse',
  input_json_delta: 'anthropic/fixtures/every-event.sse',
  citations_delta: 'anthropic/fixtures/every-event.sse',
  thinking_delta: 'anthropic/fixtures/every-event.sse',
  signature_delta: 'anthropic/fixtures/every-event.sse',
  compaction_delta: 'anthropic/fixtures/every-event.sse',
};

const citations: Record<BetaTextCitation['type'], string> = {
  char_location: 'anthropic/fixtures/every-block.sse',
  page_location: 'anthropic/fixtures/every-block.sse',
  content_block_location: 'anthropic/fixtures/every-block.sse',
  web_search_result_location: 'anthropic/fixtures/every-block.sse',
  search_result_location: 'anthropic/fixtures/every-block.sse',
};

function typesIn(file: string, pick: (payload: JsonObject) => unknown): Set<unknown> {
  return new Set(payloadsOf(file).map((payload) => (pick(payload) as JsonObject | undefined)?.['type']));
}

test('event types: each of Anthropic’s events, blocks, deltas and citations is in its fixture', () => {
  const tables: [Record<string, string>, (payload: JsonObject) => unknown][] = [
    [messageEvents, (payload) => payload],
    [blocks, (payload) => payload['content_block']],
    [deltas, (payload) => payload['delta']],
    [citations, (payload) => (payload['delta'] as JsonObject | undefined)?.['citation']],
  ];
  for (const [table, pick] of tables) {
    for (const [type, file] of Object.entries(table)) assert.ok(typesIn(file, pick).has(type), `${type} in ${file}`);
  }
});

test('event types: Anthropic’s blocks without a form here arrive as they were sent, and citations with their text', async () => {
  const file = 'anthropic/fixtures/every-block.sse';
  const { parts } = await feed('messages', [readFileSync(join(providers, file))]);
  const sent = payloadsOf(file).flatMap(({ content_block: block }) =>
    (block as JsonObject | undefined)?.['type'] === 'text' || block === undefined ? [] : [block],
  );
  const arrived = parts.flatMap((part) => (part.type === 'opaque-delta' ? [part.value] : []));
  assert.deepEqual(arrived, sent);
  const text = parts.flatMap((part) => (part.type === 'text-delta' ? [part] : []));
  assert.equal(text.map((part) => part.text).join(''), 'Green and blue 🌊.');
  assert.equal(text.flatMap((part) => part.annotations ?? []).length, Object.keys(citations).length);
});

// ---- OpenAI, Responses

const item = 'openai/fixtures/every-item.sse';
const event = 'openai/fixtures/every-event.sse';

/** By fixture; true: only announces or repeats what others bring, and makes no part of its own. */
const responseEvents: Record<ResponseStreamEvent['type'], readonly [file: string, isSilent?: true]> = {
  error: ['openai/fixtures/error-event.sse', true],
  'response.audio.delta': [item],
  'response.audio.done': [item],
  'response.audio.transcript.delta': [item],
  'response.audio.transcript.done': [item],
  'response.code_interpreter_call.completed': [event],
  'response.code_interpreter_call.in_progress': [event],
  'response.code_interpreter_call.interpreting': [event],
  'response.code_interpreter_call_code.delta': [event],
  'response.code_interpreter_call_code.done': [event],
  'response.compaction.compacting': [item],
  'response.completed': [event],
  'response.content_part.added': [event, true],
  'response.content_part.done': [event, true],
  'response.created': [event, true],
  'response.custom_tool_call_input.delta': [event],
  'response.custom_tool_call_input.done': [event],
  'response.failed': ['openai/fixtures/failed.sse', true],
  'response.file_search_call.completed': [event],
  'response.file_search_call.in_progress': [event],
  'response.file_search_call.searching': [event],
  'response.function_call_arguments.delta': [event],
  'response.function_call_arguments.done': [event, true],
  'response.image_generation_call.completed': [event],
  'response.image_generation_call.generating': [event],
  'response.image_generation_call.in_progress': [event],
  'response.image_generation_call.partial_image': [event],
  'response.in_progress': [event, true],
  'response.incomplete': [item],
  'response.mcp_call.completed': [event],
  'response.mcp_call.failed': [event],
  'response.mcp_call.in_progress': [event],
  'response.mcp_call_arguments.delta': [event],
  'response.mcp_call_arguments.done': [event],
  'response.mcp_list_tools.completed': [event],
  'response.mcp_list_tools.failed': [event],
  'response.mcp_list_tools.in_progress': [event],
  'response.output_item.added': [event],
  'response.output_item.done': [event],
  'response.output_text.annotation.added': [event],
  'response.output_text.delta': [event],
  'response.output_text.done': [event, true],
  'response.queued': [event, true],
  'response.reasoning_summary_part.added': [event, true],
  'response.reasoning_summary_part.done': [event, true],
  'response.reasoning_summary_text.delta': [event],
  'response.reasoning_summary_text.done': [event, true],
  'response.reasoning_text.delta': [event],
  'response.reasoning_text.done': [event, true],
  'response.refusal.delta': [event],
  'response.refusal.done': [event, true],
  'response.shell_call_command.added': [event],
  'response.shell_call_command.delta': [event],
  'response.shell_call_command.done': [event],
  'response.shell_call_output_content.delta': [item],
  'response.shell_call_output_content.done': [item],
  'response.web_search_call.completed': [event],
  'response.web_search_call.in_progress': [event],
  'response.web_search_call.searching': [event],
};

const items: Record<ResponseOutputItem['type'], string> = {
  message: event,
  reasoning: event,
  function_call: event,
  custom_tool_call: event,
  file_search_call: event,
  web_search_call: event,
  image_generation_call: event,
  code_interpreter_call: event,
  shell_call: event,
  mcp_call: event,
  mcp_list_tools: event,
  function_call_output: item,
  computer_call: item,
  computer_call_output: item,
  program: item,
  program_output: item,
  tool_search_call: item,
  tool_search_output: item,
  additional_tools: item,
  compaction: item,
  local_shell_call: item,
  local_shell_call_output: item,
  shell_call_output: item,
  apply_patch_call: item,
  apply_patch_call_output: item,
  mcp_approval_request: item,
  mcp_approval_response: item,
  custom_tool_call_output: item,
};

test('event types: each event of the Responses API makes a part, or is known to say nothing new', async () => {
  for (const file of new Set(Object.values(responseEvents).map(([name]) => name))) {
    const made = await partsByEvent('responses', file);
    for (const [type, [where, isSilent]] of Object.entries(responseEvents)) {
      if (where !== file) continue;
      const ofType = made.filter(({ payload }) => payload?.['type'] === type);
      assert.ok(ofType.length > 0, `${type} in ${file}`);
      const says = ofType.some(({ parts }) => parts.length > 0);
      assert.equal(says, isSilent !== true, type);
    }
  }
});

test('event types: each output item of the Responses API arrives, typed or as it was sent', async () => {
  for (const file of [event, item]) {
    const { parts } = await feed('responses', [readFileSync(join(providers, file))]);
    const arrived = parts.flatMap((part) => (part.type === 'opaque-delta' ? [part.value] : []));
    const done = payloadsOf(file).filter((payload) => payload['type'] === 'response.output_item.done');
    const sent = done.map((payload) => payload['item'] as JsonObject);
    for (const [type, where] of Object.entries(items)) {
      if (where !== file) continue;
      const ofType = sent.filter((one) => one['type'] === type);
      assert.ok(ofType.length > 0, `${type} in ${file}`);
      const isTyped = ['message', 'reasoning', 'function_call'].includes(type);
      for (const one of isTyped ? [] : ofType) {
        assert.ok(
          arrived.some((value) => JSON.stringify(value) === JSON.stringify(one)),
          type,
        );
      }
    }
  }
});

// ---- Chat completions

test('event types: each field of a chat delta arrives in its part, halves of characters joined', async () => {
  const { parts, error } = await feed('chat', [
    readFileSync(join(providers, 'openai-compatible/fixtures/every-field.sse')),
  ]);
  assert.equal(error, undefined);
  const joined = (type: 'text-delta' | 'reasoning-delta'): string =>
    parts.map((part) => (part.type === type ? part.text : '')).join('');
  assert.deepEqual([joined('reasoning-delta'), joined('text-delta')], ['Waves 🌊.', 'Sea 🌊']);
  const values = parts.flatMap((part) => (part.type === 'opaque-delta' ? [part.value] : []));
  assert.deepEqual(
    values.flatMap((value) => Object.keys(value)),
    ['annotations', 'audio', 'audio', 'tool_calls'],
  );
  const [call] = (values.at(-1)?.['tool_calls'] ?? []) as JsonObject[];
  assert.deepEqual(call?.['custom'], { name: 'shell', input: 'ls' });
  const args = parts.map((part) => (part.type === 'tool-call-delta' ? part.argumentsDelta : '')).join('');
  assert.deepEqual(JSON.parse(args), { a: '🌊' });
  for (const part of parts) assert.ok(isWellFormed(part), JSON.stringify(part));
  const end = parts.at(-1);
  assert.deepEqual(end?.type === 'end' && [end.finishReason, end.extra], ['tool-calls', { service_tier: 'default' }]);
});

/** True when no text of the part holds half a character. */
function isWellFormed(part: PredictPart): boolean {
  if ('text' in part) return part.text.isWellFormed();
  return part.type !== 'tool-call-delta' || part.argumentsDelta.isWellFormed();
}

// ---- Google

/** Fields of a Part by Google's reference of `Content`; `text`, `thought` and `thoughtSignature` are its modifiers. */
const googleParts = [
  'text',
  'executableCode',
  'codeExecutionResult',
  'inlineData',
  'fileData',
  'toolCall',
  'toolResponse',
  'functionResponse',
  'functionCall',
] as const;

test('event types: each kind of Google’s parts arrives, typed or as it was sent', async () => {
  const file = 'vertex/fixtures/every-part.sse';
  const { parts } = await feed('generate', [readFileSync(join(providers, file))]);
  const sent = payloadsOf(file).flatMap((payload) => {
    const [{ content } = {}] = payload['candidates'] as JsonObject[];
    return isJsonObject(content) ? (content['parts'] as JsonObject[]) : [];
  });
  for (const name of googleParts)
    assert.ok(
      sent.some((part) => Object.hasOwn(part, name)),
      `${name} in ${file}`,
    );
  const arrived = parts.flatMap((part) => (part.type === 'opaque-delta' ? [part.value] : []));
  const isTyped = (part: JsonObject): boolean => Object.hasOwn(part, 'text') || Object.hasOwn(part, 'functionCall');
  assert.deepEqual(
    arrived,
    sent.filter((part) => !isTyped(part)),
  );
  const joined = (type: 'text-delta' | 'reasoning-delta'): string =>
    parts.map((part) => (part.type === type ? part.text : '')).join('');
  assert.deepEqual([joined('reasoning-delta'), joined('text-delta')], ['Waves 🌊.', 'Sea 🌊']);
  const signed = parts.flatMap((part) => (part.type === 'text-delta' && part.extra ? [part.extra] : []));
  assert.deepEqual(signed, [{ extra_content: { google: { thought_signature: 'c2VhbA==' } } }]);
  const end = parts.at(-1);
  assert.ok(end?.type === 'end');
  assert.deepEqual(end.usage, {
    inputTokens: 4,
    outputTokens: 6,
    cachedInputTokens: 1,
    reasoningTokens: 2,
    source: 'provider',
    extra: { toolUsePromptTokenCount: 1, trafficType: 'ON_DEMAND' },
  });
});
