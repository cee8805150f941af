// Which parts of a stream say something: a model that hangs behind a server that keeps talking must meet the idle limit.

import { isEmptyDelta, type PredictPart } from '../../core/predict.ts';

/** True when one of the parts from `from` on is more than a delta of no text, or a notice of how far something is. */
export function saysSomething(parts: readonly PredictPart[], from: number): boolean {
  for (let index = from; index < parts.length; index += 1) {
    const part = parts[index];
    if (part !== undefined && isSaying(part)) return true;
  }
  return false;
}

function isSaying(part: PredictPart): boolean {
  switch (part.type) {
    case 'start':
    case 'seam': // No vendor makes one.
      return false;
    case 'choice-end':
    case 'end':
      return true;
    case 'opaque-delta':
      return part.isNotice === undefined;
    case 'choice-part':
      return isSaying(part.part);
    default:
      return !isEmptyDelta(part);
  }
}
