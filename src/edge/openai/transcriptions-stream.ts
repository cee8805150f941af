// A transcript as the events of a transcription stream. Models are asked for whole transcripts, so the text comes as one delta
// (or one for each speaker's segment) and is then done; on the way the connection is kept alive.

import { reportOf } from '../../core/downgraded.ts';
import type { SluiceError } from '../../core/error.ts';
import type { JsonObject } from '../../core/json.ts';
import type { PredictPart } from '../../core/predict.ts';
import type { TranscribeResponse } from '../../core/transcribe.ts';
import type { StreamAnswer, StreamEncoder } from '../dialect.ts';
import { openAiErrorBody } from './error.ts';
import type { TranscriptFormat } from './transcriptions-form.ts';
import { segmentOf, transcriptUsage } from './transcriptions-render.ts';

/** What the stream needs beside the transcript. */
export interface TranscriptStreamOptions {
  readonly format: TranscriptFormat;
  readonly requestId: string;
  /** Now, Unix time in milliseconds. */
  readonly nowMs: number;
}

/**
 * The stream of one transcript; `transcribe` is called at the first pull. That the text comes at once is reported as the
 * downgrade `stream`.
 */
export function streamTranscript(
  transcribe: () => Promise<TranscribeResponse>,
  options: TranscriptStreamOptions,
): StreamAnswer {
  const { format, requestId, nowMs } = options;
  let response: TranscribeResponse | undefined;
  async function* parts(): AsyncGenerator<PredictPart, void, undefined> {
    response = await transcribe();
    const { model, target, attempts, text, usage } = response;
    const report = reportOf(['stream', ...(response.downgrades ?? [])]);
    yield { type: 'start', id: requestId, model, target, attempts, createdAtMs: nowMs, ...report };
    yield { type: 'text-delta', text };
    yield { type: 'end', finishReason: 'stop', usage };
  }
  const encoder: StreamEncoder = {
    encode(part) {
      if (response === undefined || part.type === 'start') return '';
      return part.type === 'end' ? doneOf(response) : deltasOf(response, format);
    },
    fail: (error: SluiceError) => `data: ${openAiErrorBody(error, requestId)}\n\n`,
    keepAlive: () => ': keep-alive\n\n',
  };
  return { kind: 'stream', parts: parts(), encoder };
}

function deltasOf(response: TranscribeResponse, format: TranscriptFormat): string {
  const { text, segments, extra } = response;
  if (format !== 'diarized_json' || segments === undefined) {
    return event({ type: 'transcript.text.delta', delta: text, ...logprobsOf(extra) });
  }
  return segments
    .map((segment, index) => {
      const { id = index, ...fields } = segmentOf(segment, index);
      const delta = { type: 'transcript.text.delta', delta: segment.text, segment_id: String(id) };
      return event(delta) + event({ ...fields, type: 'transcript.text.segment', id: String(id) });
    })
    .join('');
}

function doneOf(response: TranscribeResponse): string {
  const { task: _, ...extra } = response.extra ?? {};
  return event({ ...extra, type: 'transcript.text.done', text: response.text, usage: transcriptUsage(response) });
}

function logprobsOf(extra: JsonObject | undefined): JsonObject {
  const logprobs = extra?.['logprobs'];
  return logprobs === undefined ? {} : { logprobs };
}

function event(data: JsonObject): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}
