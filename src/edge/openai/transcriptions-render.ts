// From our transcript to OpenAI's: JSON in three degrees of detail, plain text, or subtitles.

import { SluiceError } from '../../core/error.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { TranscribeResponse, TranscriptSegment } from '../../core/transcribe.ts';
import { totalTokens } from '../../core/usage.ts';
import type { Answered } from '../call.ts';
import type { TranscriptFormat } from './transcriptions-form.ts';
import { renderSrt, renderVtt } from './transcriptions-subtitles.ts';

/** A body and its type; absent: JSON. */
export interface RenderedTranscript {
  readonly body: string;
  readonly contentType?: string;
}

/** The body. Throws `unsupported_capability` for subtitles of a transcript that the model gave no timings for. */
export function renderTranscript(response: TranscribeResponse, format: TranscriptFormat): RenderedTranscript {
  switch (format) {
    case 'json':
      return { body: JSON.stringify({ ...response.extra, text: response.text, usage: transcriptUsage(response) }) };
    case 'text':
      return { body: `${response.text}\n`, contentType: 'text/plain; charset=utf-8' };
    case 'srt':
      return { body: renderSrt(segmentsFor(response, format)), contentType: 'application/x-subrip; charset=utf-8' };
    case 'vtt':
      return { body: renderVtt(segmentsFor(response, format)), contentType: 'text/vtt; charset=utf-8' };
    case 'verbose_json':
    case 'diarized_json':
      return { body: JSON.stringify(detailed(response, format)) };
  }
}

/**
 * `usage`: tokens that were counted, else the length of the recording, else an estimate of tokens that says so. Details of the vendor's
 * (`usage.extra`) come under their own names, and never in the place of a count.
 */
export function transcriptUsage({ usage, durationS }: TranscribeResponse): JsonObject {
  const details = usage.extra ?? {};
  if (usage.source === 'estimated') {
    if (typeof details['seconds'] === 'number') return { type: 'duration', ...details };
    // Models that bill by time report whole seconds.
    if (durationS !== undefined) return { ...details, type: 'duration', seconds: Math.ceil(durationS) };
  }
  return {
    ...details,
    type: 'tokens',
    input_tokens: usage.inputTokens,
    output_tokens: usage.outputTokens,
    total_tokens: totalTokens(usage),
    ...(usage.source === 'estimated' ? { estimated: true } : {}),
  };
}

/** What headers and the log say of the answer. A length is the vendor's figure also where the tokens beside it are an estimate. */
export function answeredOf(response: TranscribeResponse): Answered {
  return transcriptUsage(response)['type'] === 'duration' ? { ...response, usageSource: 'provider' } : response;
}

/** A segment in OpenAI's words. What the vendor says of it comes under the vendor's names; nothing is made up. */
export function segmentOf({ startS, endS, text, extra }: TranscriptSegment, index: number): JsonObject {
  return { id: index, ...extra, start: startS, end: endS, text };
}

function detailed(response: TranscribeResponse, format: 'verbose_json' | 'diarized_json'): JsonObject {
  const { extra, text, language, durationS, segments, words } = response;
  const body: JsonObject = { task: 'transcribe', ...extra };
  if (format === 'verbose_json') body['language'] = language ?? 'unknown';
  body['duration'] = durationS ?? lastMoment(response);
  body['text'] = text;
  if (segments !== undefined) body['segments'] = segments.map(segmentOf);
  if (words !== undefined) body['words'] = words.map(wordOf);
  body['usage'] = transcriptUsage(response);
  return body;
}

function wordOf({ word, startS, endS }: NonNullable<TranscribeResponse['words']>[number]): JsonValue {
  return { word, start: startS, end: endS };
}

/** Where the last piece of speech ends: the least that the recording can be long. */
function lastMoment({ segments = [], words = [] }: TranscribeResponse): number {
  return Math.max(0, ...segments.map(({ endS }) => endS), ...words.map(({ endS }) => endS));
}

function segmentsFor({ segments }: TranscribeResponse, format: string): readonly TranscriptSegment[] {
  if (segments !== undefined) return segments;
  const message = `The model gave no timings, without which there is no ${format}. Ask for json or text.`;
  throw new SluiceError('unsupported_capability', { message, param: 'response_format' });
}
