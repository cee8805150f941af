// Transcription: POST /audio/transcriptions as a form with the recording, and the transcript out of its JSON.

import { reportOf } from '../../core/downgraded.ts';
import { upstreamMalformed } from '../../core/error.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { TranscribeRequest, TranscribeResponse, TranscriptSegment } from '../../core/transcribe.ts';
import type { Usage } from '../../core/usage.ts';
import type { AnswerContext } from '../translation/answer-context.ts';
import { unsupported } from '../translation/request-translation.ts';
import { type ReadFields, usageExtraOf } from '../translation/usage-extra.ts';
import { countOf, isPresent, objectOf, textValueOf } from '../translation/wire-values.ts';
import { multipartForm } from '../transport/multipart.ts';

/** Formats of an answer that are JSON. Subtitles are made from segments, by whoever wants them. */
const jsonFormats: ReadonlySet<string> = new Set(['json', 'verbose_json', 'diarized_json']);

/**
 * The form. Timings are asked for as `verbose_json` with granularities; without them plain `json`, the only format that
 * every model has. Unknown fields go under their own names, lists as repeated fields `name[]`, objects as JSON.
 */
export function transcribeToWire(request: TranscribeRequest, model: string): ReturnType<typeof multipartForm> {
  const { timings = [], language, prompt, temperature, extra = {} } = request;
  const fields: [string, string][] = [['model', model]];
  if (language !== undefined) fields.push(['language', language]);
  if (prompt !== undefined) fields.push(['prompt', prompt]);
  if (temperature !== undefined) fields.push(['temperature', String(temperature)]);
  const { response_format: wanted, ...others } = extra;
  fields.push(['response_format', formatOf(wanted, timings.length > 0)]);
  for (const timing of timings) fields.push(['timestamp_granularities[]', timing]);
  const taken = new Set(fields.map(([name]) => name));
  for (const [name, value] of Object.entries(others)) if (!taken.has(name)) addField(fields, name, value);
  const { fileName, mediaType, audio } = request;
  return multipartForm(fields, { field: 'file', fileName, mediaType, bytes: audio });
}

function formatOf(wanted: JsonValue | undefined, hasTimings: boolean): string {
  if (typeof wanted !== 'string') return hasTimings ? 'verbose_json' : 'json';
  if (!jsonFormats.has(wanted)) throw unsupported(`the format \`${wanted}\``, 'response_format');
  return wanted;
}

function addField(fields: [string, string][], name: string, value: JsonValue): void {
  if (value === null) return;
  if (Array.isArray(value)) for (const item of value) addField(fields, name.endsWith('[]') ? name : `${name}[]`, item);
  else fields.push([name, typeof value === 'object' ? JSON.stringify(value) : String(value)]);
}

const answerFields: ReadonlySet<string> = new Set([
  'text',
  'model',
  'language',
  'duration',
  'segments',
  'words',
  'usage',
]);

/** Fields of the usage that `usageOf` reads. */
const readFields: ReadFields = {
  input_tokens: true,
  output_tokens: true,
  prompt_tokens: true,
  completion_tokens: true,
  total_tokens: true,
};

/**
 * The transcript. Throws `upstream_malformed` when there is no text.
 */
export async function transcribeFromWire(
  body: JsonObject,
  request: TranscribeRequest,
  context: AnswerContext,
): Promise<TranscribeResponse> {
  const { text, language } = body;
  if (typeof text !== 'string') throw upstreamMalformed('the transcript has no text');
  const extra = fieldsBeside(answerFields, body);
  const usage: Usage = usageOf(objectOf(body['usage'])) ?? {
    inputTokens: 0,
    outputTokens: await context.estimator.count([text]),
    source: 'estimated',
  };
  const details = usageExtraOf(body['usage'], readFields);
  const duration = secondsOf(body['duration']) ?? secondsOf(details?.['seconds']);
  return {
    model: textValueOf(body['model']) ?? context.model,
    target: context.target,
    attempts: 1,
    text,
    ...(typeof language === 'string' ? { language } : {}),
    ...(duration === undefined ? {} : { durationS: duration }),
    ...(Array.isArray(body['segments']) ? { segments: body['segments'].map(segmentOf) } : {}),
    ...(Array.isArray(body['words']) ? { words: body['words'].map(wordOf) } : {}),
    usage: details === undefined ? usage : { ...usage, extra: details },
    ...(isPresent(extra) ? { extra } : {}),
    ...reportOf(missingTimings(body, request)),
  };
}

function fieldsBeside(known: ReadonlySet<string>, body: JsonObject): JsonObject {
  const entries = Object.entries(body).filter(([name, value]) => !known.has(name) && isPresent(value));
  return Object.fromEntries(entries);
}

/** A server that has no timings of a kind leaves them out of its answer without a word. */
function missingTimings(body: JsonObject, { timings = [] }: TranscribeRequest): string[] {
  const isMissing = timings.some((timing) => !Array.isArray(body[`${timing}s`]));
  return isMissing ? ['timestamp_granularities'] : [];
}

/** OpenAI counts `input_tokens`, Mistral `prompt_tokens` and the sound's tokens beside them; whisper reports seconds only. */
function usageOf(wire: JsonObject | undefined): Usage | undefined {
  const output = countOf(wire?.['output_tokens']) ?? countOf(wire?.['completion_tokens']);
  const total = countOf(wire?.['total_tokens']);
  const input = countOf(wire?.['input_tokens']) ?? countOf(wire?.['prompt_tokens']);
  if (output === undefined || input === undefined) return undefined;
  const inputTokens = total !== undefined && total >= output ? Math.max(input, total - output) : input;
  return { inputTokens, outputTokens: output, source: 'provider' };
}

function segmentOf(value: JsonValue): TranscriptSegment {
  const { start, end, text, ...extra } = objectOf(value) ?? {};
  const startS = secondsOf(start);
  const endS = secondsOf(end);
  if (startS === undefined || endS === undefined || typeof text !== 'string')
    throw upstreamMalformed('a segment is not whole');
  return { startS, endS, text, ...(isPresent(extra) ? { extra } : {}) };
}

function wordOf(value: JsonValue): { startS: number; endS: number; word: string } {
  const { start, end, word } = objectOf(value) ?? {};
  const startS = secondsOf(start);
  const endS = secondsOf(end);
  if (startS === undefined || endS === undefined || typeof word !== 'string')
    throw upstreamMalformed('a word is not whole');
  return { startS, endS, word };
}

/** Some servers write numbers as text. */
function secondsOf(value: JsonValue | undefined): number | undefined {
  const seconds = typeof value === 'string' && value !== '' ? Number(value) : value;
  return typeof seconds === 'number' && Number.isFinite(seconds) ? seconds : undefined;
}
