// The request and response of a transcription call.

import type { Downgraded } from './downgraded.ts';
import type { JsonObject } from './json.ts';
import type { Usage } from './usage.ts';

/** What a caller asks a speech model for. */
export interface TranscribeRequest {
  readonly model: string;
  /** The whole recording in its container format. */
  readonly audio: Uint8Array;
  /** As uploaded; vendors tell the format by its ending. */
  readonly fileName: string;
  /** `audio/wav`, …; '' when unknown. */
  readonly mediaType: string;
  /** ISO 639-1, such as `en`. Absent: the model finds out. */
  readonly language?: string;
  /** Words to expect. */
  readonly prompt?: string;
  readonly temperature?: number;
  /** Which timings are wanted; none by default. */
  readonly timings?: readonly ('word' | 'segment')[];
  /** Fields that Sluice has no name for, as they came. */
  readonly extra?: JsonObject;
}

/** A stretch of speech. Times are seconds from the start of the recording. */
export interface TranscriptSegment {
  readonly startS: number;
  readonly endS: number;
  readonly text: string;
  /** The vendor's further figures, such as `avg_logprob`. */
  readonly extra?: JsonObject;
}

/** A transcript. Segments and words are there when they were asked for and the vendor has them. */
export interface TranscribeResponse extends Downgraded {
  readonly model: string;
  /** `provider/model` that answered. */
  readonly target: string;
  readonly attempts: number;
  readonly text: string;
  readonly language?: string;
  /** Length of the recording in seconds. */
  readonly durationS?: number;
  readonly segments?: readonly TranscriptSegment[];
  readonly words?: readonly { readonly startS: number; readonly endS: number; readonly word: string }[];
  readonly usage: Usage;
  /** Fields of the answer that Sluice has no name for. */
  readonly extra?: JsonObject;
}
