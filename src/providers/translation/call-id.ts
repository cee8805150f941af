// Ids of tool calls for vendors that give none.

/** The id of a call that the server gave none: the same for the whole answer and its stream. */
export function madeUpCallId(answerId: string, position: number): string {
  return `call_${answerId}_${position}`;
}
