// Transcription requests and responses, core ↔ wire. An empty list of wanted timings is the same as none; timings of an answer
// may be there and empty.

import type { TranscribeRequest, TranscribeResponse, TranscriptSegment } from '../../core/transcribe.ts';
import * as wire from '../generated/sluice/inference/v1/inference.ts';
import { answerObject } from './answer.ts';
import { asBuffer, asBytes } from './bytes.ts';
import { jsonToWire, optionalJsonObjectFromWire } from './json.ts';
import { present, unlessEmpty } from './present.ts';
import { usageFromWire, usageToWire } from './usage.ts';

type Timing = NonNullable<TranscribeRequest['timings']>[number];

const timingToWire: Readonly<Record<Timing, wire.TranscribeRequest_Timing>> = {
  word: wire.TranscribeRequest_Timing.WORD,
  segment: wire.TranscribeRequest_Timing.SEGMENT,
};

/** What to write down. The audio is not copied here. */
export function transcribeRequestToWire(request: TranscribeRequest): wire.TranscribeRequest {
  const { model, audio, fileName, mediaType, language, prompt, temperature, timings = [], extra } = request;
  return {
    model,
    audio: asBuffer(audio),
    fileName,
    mediaType,
    language,
    prompt,
    temperature,
    timings: timings.map((timing) => timingToWire[timing]),
    extraJson: jsonToWire(extra),
  };
}

/** The reverse of `transcribeRequestToWire`. A timing that this version does not know is left out. Throws `invalid_request`. */
export function transcribeRequestFromWire(request: wire.TranscribeRequest): TranscribeRequest {
  const { audio, timings, extraJson, ...named } = request;
  return present({
    ...named,
    audio: asBytes(audio),
    timings: unlessEmpty(timings.flatMap(timingFromWire)),
    extra: optionalJsonObjectFromWire(extraJson, 'extra_json'),
  });
}

/** The transcript. */
export function transcribeResponseToWire(response: TranscribeResponse): wire.TranscribeResponse {
  const { model, target, attempts, text, language, durationS, segments, words, usage, extra } = response;
  const { downgrades = [] } = response;
  return {
    model,
    target,
    attempts,
    text,
    language,
    durationS,
    segments: segments && { segments: segments.map(segmentToWire) },
    words: words && { words: [...words] },
    usage: usageToWire(usage),
    extraJson: jsonToWire(extra),
    downgrades: [...downgrades],
  };
}

/** The reverse of `transcribeResponseToWire`. Throws `upstream_malformed`. */
export function transcribeResponseFromWire(response: wire.TranscribeResponse): TranscribeResponse {
  const { segments, words, usage, extraJson, downgrades, ...named } = response;
  return present({
    ...named,
    segments: segments?.segments.map(segmentFromWire),
    words: words?.words,
    usage: usageFromWire(usage),
    extra: answerObject(extraJson),
    downgrades: unlessEmpty(downgrades),
  });
}

function timingFromWire(timing: wire.TranscribeRequest_Timing): Timing[] {
  if (timing === wire.TranscribeRequest_Timing.WORD) return ['word'];
  return timing === wire.TranscribeRequest_Timing.SEGMENT ? ['segment'] : [];
}

function segmentToWire({ startS, endS, text, extra }: TranscriptSegment): wire.TranscriptSegment {
  return { startS, endS, text, extraJson: jsonToWire(extra) };
}

function segmentFromWire({ extraJson, ...named }: wire.TranscriptSegment): TranscriptSegment {
  return present({ ...named, extra: answerObject(extraJson) });
}
