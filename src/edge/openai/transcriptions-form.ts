// The form of POST /v1/audio/transcriptions to our request. What Sluice has no name for is kept in `extra`, lists as lists.

import { SluiceError } from '../../core/error.ts';
import type { JsonObject } from '../../core/json.ts';
import type { TranscribeRequest } from '../../core/transcribe.ts';
import { maxModelNameLength } from '../defaults.ts';
import type { Form, FormFile } from '../multipart.ts';

/** What the answer is written as. */
export type TranscriptFormat = (typeof formats)[number];

/** What a transcription call asks for. */
export interface TranscriptionCall {
  readonly request: TranscribeRequest;
  readonly format: TranscriptFormat;
  readonly stream: boolean;
}

const formats = ['json', 'text', 'srt', 'vtt', 'verbose_json', 'diarized_json'] as const;

/** A whole transcript in the events of a stream has no place for the other formats. */
const streamedFormats: ReadonlySet<TranscriptFormat> = new Set<TranscriptFormat>(['json', 'text', 'diarized_json']);

/** Formats that consist of segments. */
const formatsWithSegments: ReadonlySet<TranscriptFormat> = new Set<TranscriptFormat>(['srt', 'vtt', 'verbose_json']);

/** Fields with one value; they may not repeat. */
const singleFields: ReadonlySet<string> = new Set([
  'model',
  'language',
  'prompt',
  'response_format',
  'temperature',
  'stream',
]);

/** The fields of a form by kind. */
interface SortedFields {
  /** What has one value; empty texts say nothing and are left out. */
  readonly single: ReadonlyMap<string, string>;
  /** Everything else, by its name without `[]`. */
  readonly others: ReadonlyMap<string, readonly string[]>;
  /** Names of `others` that were sent as lists. */
  readonly listed: ReadonlySet<string>;
}

/** Parses the form. Throws `invalid_request` with the name of the offending field. */
export function parseTranscription({ fields, files }: Form): TranscriptionCall {
  const sorted = sortFields(fields);
  const { single } = sorted;
  const format = formatOf(single.get('response_format'));
  const optional = {
    language: single.get('language'),
    prompt: single.get('prompt'),
    temperature: temperatureOf(single.get('temperature')),
    timings: timingsOf(sorted.others.get(granularities), format),
    extra: extraOf(sorted, format),
  };
  return {
    request: { model: modelOf(single.get('model')), ...recordingOf(files[0]), ...withoutUndefined(optional) },
    format,
    stream: streamOf(single.get('stream'), format),
  };
}

const granularities = 'timestamp_granularities';

function sortFields(fields: Form['fields']): SortedFields {
  const single = new Map<string, string>();
  const others = new Map<string, string[]>();
  const listed = new Set<string>();
  for (const { name, value } of fields) {
    if (!singleFields.has(name)) addOther(name, value, others, listed);
    else if (single.has(name)) throw invalid(name, 'may be given once only');
    else if (value !== '') single.set(name, value);
  }
  return { single, others, listed };
}

function addOther(name: string, value: string, others: Map<string, string[]>, listed: Set<string>): void {
  const bare = name.endsWith('[]') ? name.slice(0, -2) : name;
  if (bare === '__proto__') throw invalid(name, 'has a name that is not accepted');
  const values = others.get(bare);
  if (values === undefined) others.set(bare, [value]);
  else values.push(value);
  if (values !== undefined || bare !== name) listed.add(bare);
}

function recordingOf(file: FormFile | undefined): Pick<TranscribeRequest, 'audio' | 'fileName' | 'mediaType'> {
  if (file?.name !== 'file') throw missing('file');
  if (file.bytes.length === 0) throw invalid('file', 'is empty');
  // What a file without a type is given by its client, or by the reader of forms.
  const isUnknown = file.mediaType === 'application/octet-stream' || file.mediaType === 'text/plain';
  const mediaType = isUnknown ? '' : file.mediaType;
  return { audio: file.bytes, fileName: file.fileName, mediaType };
}

function modelOf(model: string | undefined): string {
  if (model === undefined) throw missing('model');
  if (model.length > maxModelNameLength) throw invalid('model', `must have at most ${maxModelNameLength} characters`);
  return model;
}

function formatOf(text: string = 'json'): TranscriptFormat {
  const format = formats.find((known) => known === text);
  if (format === undefined) throw invalid('response_format', `must be one of ${formats.join(', ')}`);
  return format;
}

/** Subtitles need segments, and OpenAI gives them with `verbose_json` when nothing else is asked for. */
function timingsOf(wanted: readonly string[] | undefined, format: TranscriptFormat): TranscribeRequest['timings'] {
  const param = `${granularities}[]`;
  if (wanted === undefined) return formatsWithSegments.has(format) ? ['segment'] : undefined;
  if (format !== 'verbose_json') throw invalid(param, 'needs the response_format verbose_json');
  return [...new Set(wanted)].map((timing) => {
    if (timing === 'word' || timing === 'segment') return timing;
    throw invalid(param, 'must be word or segment');
  });
}

function temperatureOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const temperature = /^\d*\.?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(temperature >= 0 && temperature <= 1)) throw invalid('temperature', 'must be a number from 0 to 1');
  return temperature;
}

function streamOf(text: string | undefined, format: TranscriptFormat): boolean {
  if (text === undefined || /^(?:false|0|null)$/i.test(text)) return false;
  if (!/^(?:true|1)$/i.test(text)) throw invalid('stream', 'must be true or false');
  if (streamedFormats.has(format)) return true;
  const message = `A transcript cannot be streamed as ${format}; ${[...streamedFormats].join(', ')} can.`;
  throw new SluiceError('unsupported_capability', { message, param: 'stream' });
}

/** Who speaks is the target's to tell apart, so it must know of that format; all others are made here. */
function extraOf({ others, listed }: SortedFields, format: TranscriptFormat): JsonObject | undefined {
  const extra: JsonObject = {};
  for (const [name, values] of others) {
    const [only = ''] = values;
    if (name !== granularities) extra[name] = listed.has(name) ? [...values] : only;
  }
  if (format === 'diarized_json') extra['response_format'] = format;
  return Object.keys(extra).length === 0 ? undefined : extra;
}

/** The object without its undefined fields: absent means absent. */
function withoutUndefined<T extends object>(source: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(source).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

function missing(param: string): SluiceError {
  return new SluiceError('invalid_request', { message: `Missing required parameter: '${param}'.`, param });
}

function invalid(param: string, rule: string): SluiceError {
  return new SluiceError('invalid_request', { message: `Invalid value for '${param}': it ${rule}.`, param });
}
