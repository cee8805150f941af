// What an answer says of a request that was honoured only in part: no field of a request is dropped in silence.

/** Part of every answer that a model makes. */
export interface Downgraded {
  /**
   * Fields of the request that the target could not honour in full: left out, such as `metadata`, or cut, such as an `input` that
   * is longer than the model reads. Each once. Absent: none.
   */
  readonly downgrades?: readonly string[];
}

/** The part for these fields, each named once; nothing where there are none. */
export function reportOf(fields: Iterable<string>): Downgraded {
  const downgrades = [...new Set(fields)];
  return downgrades.length === 0 ? {} : { downgrades };
}
