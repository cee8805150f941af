// POST /v1/audio/transcriptions: a form with a recording, answered as JSON, text, subtitles or a stream of events.

import type { Inference } from '../../ports/inference.ts';
import type { EdgeCall } from '../call.ts';
import type { EdgeAnswer } from '../dialect.ts';
import { parseMultipart } from '../multipart.ts';
import { transcriptionFormLimits } from './defaults.ts';
import { parseTranscription } from './transcriptions-form.ts';
import { answeredOf, renderTranscript } from './transcriptions-render.ts';
import { streamTranscript } from './transcriptions-stream.ts';

/** Answers the call, whose body is the bytes of the form. */
export async function transcribe(call: EdgeCall, inference: Inference): Promise<EdgeAnswer> {
  const bytes = call.body instanceof Buffer ? call.body : Buffer.alloc(0);
  const form = await parseMultipart(bytes, call.headers['content-type'] ?? '', transcriptionFormLimits);
  const { request, format, stream } = parseTranscription(form);
  call.model = request.model;
  const ask = () => inference.transcribe(request, call.context, call.signal);
  if (stream) {
    const nowMs = call.runtime.clock.now();
    return streamTranscript(ask, { format, requestId: call.requestId, nowMs });
  }
  const response = await ask();
  return { kind: 'whole', ...renderTranscript(response, format), answered: answeredOf(response) };
}
