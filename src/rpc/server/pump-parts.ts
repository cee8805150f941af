// Moves a streamed answer from an Inference to a transport, at the transport's pace.

import { SluiceError, toSluiceError } from '../../core/error.ts';
import type { PredictPart } from '../../core/predict.ts';
import type { Log } from '../../telemetry/log.ts';
import type { OpenCall } from './open-calls.ts';

/** Where parts go. */
export interface PartSink {
  /** Undefined when a part can be sent now; else a promise of when to ask again. It also resolves when the call is over. */
  ready(): Promise<void> | undefined;
  send(part: PredictPart): void;
  /** The answer is complete (no error), or failed. Called exactly once; the sink answers the caller. */
  finish(error?: SluiceError): void;
}

/**
 * Pulls parts while the sink is ready, and finishes the call: well after `end`, with `upstream_truncated` when the stream
 * stops without one, and at once when the call is cancelled, even if the Inference does not react. A stream that is not read to
 * its end is always returned.
 */
export async function pumpParts(
  call: OpenCall,
  parts: AsyncIterable<PredictPart>,
  sink: PartSink,
  log: Log,
): Promise<void> {
  const iterator = parts[Symbol.asyncIterator]();
  const finish = (error?: SluiceError): void => {
    if (call.isOver) return;
    call.end(error);
    sink.finish(error);
  };
  call.onCancel((error) => {
    finish(error);
    giveUp(iterator, call, log);
  });
  try {
    await pull(call, iterator, sink, finish);
  } catch (thrown) {
    if (call.isOver && !call.signal.aborted) {
      log.warn(
        { requestId: call.context.requestId, error: String(thrown) },
        'the service failed after a complete answer',
      );
    }
    finish(toSluiceError(thrown));
    giveUp(iterator, call, log);
  }
}

async function pull(
  call: OpenCall,
  iterator: AsyncIterator<PredictPart>,
  sink: PartSink,
  finish: (error?: SluiceError) => void,
): Promise<void> {
  while (!call.isOver) {
    for (let wait = sink.ready(); wait !== undefined; wait = sink.ready()) {
      await wait;
      if (call.isOver) return;
    }
    const next = await iterator.next();
    if (call.isOver) return;
    if (next.done === true) throw new SluiceError('upstream_truncated');
    sink.send(next.value);
    if (next.value.type !== 'end') continue;
    finish();
    // Work that the service does after the last part (metering) happens on this pull; the caller need not wait for it.
    await iterator.next();
  }
}

/** Stops the stream without waiting for it: a generator that is busy returns only when it is done with its step. */
function giveUp(iterator: AsyncIterator<PredictPart>, call: OpenCall, log: Log): void {
  const { requestId } = call.context;
  const stopped = iterator.return?.();
  stopped?.catch((error: unknown) =>
    log.debug({ requestId, error: String(error) }, 'a cancelled stream failed to stop'),
  );
}
