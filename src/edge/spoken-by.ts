// How a caller hears that more than one target gave an answer: a comment in the stream where another goes on, and a field of the
// last event.

import type { JsonObject } from '../core/json.ts';
import type { Ending, SeamPart } from '../core/predict.ts';

/** The field `sluice`, for the last event of any dialect; none where one target gave all of the answer. */
export function spokenByField({ spokenBy }: Ending): JsonObject {
  if (spokenBy === undefined) return {};
  return { sluice: { spoken_by: spokenBy.map(({ target, model, characters }) => ({ target, model, characters })) } };
}

/** The comment at the seam, which every reader of server-sent events passes over. Whatever the name holds, it stays one line. */
export function seamComment({ target }: SeamPart): string {
  return `: continued by ${target.replace(/\p{Cc}/gu, '?')}\n\n`;
}
