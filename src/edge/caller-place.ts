// Where in the caller's body a fault is that was found further on, in the internal request: there, turns and parts are numbered
// anew, since one dialect splits what another joins. Made only when there is a fault to tell of.

import { SluiceError } from '../core/error.ts';
import { entryOf } from '../core/json.ts';

/** Where a part of a turn stands in the body. */
export interface PartPlace {
  readonly path: string;
  /** The field of a tool's result that holds its content. Default: `content`. */
  readonly inner?: string;
}

/** Where a turn stands in the body, and its parts. */
export interface TurnOrigin {
  readonly path: string;
  readonly parts: readonly PartPlace[];
}

/** Says where in its caller's body a place of the internal request is. */
export type PlaceFinder = (param: string) => string;

/** `messages`, `messages[1]`, `messages[1].content`, `messages[1].content[2]`, and what follows it. */
const internalPlace = /^messages(?:\[(\d+)\](?:\.content(?:\[(\d+)\])?)?)?(?=$|\.)(.*)$/s;

/**
 * Makes a finder. `list` is the field that holds the conversation in the caller's dialect; `turnsOf` tells the origin of each turn,
 * and is asked only when a fault lies within one. `fields` are those of the internal request that the dialect calls otherwise.
 */
export function createPlaceFinder(
  list: string,
  turnsOf: () => readonly TurnOrigin[],
  fields: Readonly<Record<string, string>> = {},
): PlaceFinder {
  const placeOf: PlaceFinder = (param) => {
    const match = internalPlace.exec(param);
    if (match === null) return param;
    const [, turnIndex, partIndex, rest = ''] = match;
    if (turnIndex === undefined) return `${list}${rest}`;
    const turn = turnsOf()[Number(turnIndex)];
    if (turn === undefined) return list;
    const part = partIndex === undefined ? undefined : turn.parts[Number(partIndex)];
    // What is not in this body has no places within.
    if (turn.path === 'previous_response_id') return turn.path;
    if (part === undefined) return `${turn.path}${rest}`;
    return `${part.path}${part.inner === undefined ? rest : rest.replace(/^\.content/, `.${part.inner}`)}`;
  };
  return (param) => entryOf(fields, param) ?? placeOf(param);
}

/** The error with its place in the caller's body. What a vendor said of the request stays as it is. */
export function inCallersPlaces(error: SluiceError, find: PlaceFinder): SluiceError {
  if (error.param === undefined || error.upstream !== undefined) return error;
  const param = find(error.param);
  if (param === error.param) return error;
  const { reason, message, detail, retryAfterMs, cause } = error;
  return new SluiceError(reason, {
    message,
    param,
    cause,
    ...(detail === undefined ? {} : { detail }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}
