// Server-sent events of a recorded body, by the shortest reading of the standard: enough for bodies that are all there.

/** One event. */
export interface SaidEvent {
  /** '' where the body does not name it. */
  readonly name: string;
  readonly data: string;
}

/** The events. One that no empty line ended is not an event: the standard drops it, and a cut stream ends in one. */
export function eventsOf(body: string): SaidEvent[] {
  const blocks = body
    .replace(/^\uFEFF/, '')
    .replaceAll(/\r\n|\r/g, '\n')
    .split('\n\n');
  // Some recordings lost their last line end, which says nothing about the stream: a last line of whole JSON counts.
  return blocks.flatMap((block) => {
    const lines = block.split('\n');
    const data = lines.filter((line) => line.startsWith('data:')).map((line) => line.slice(5).replace(/^ /, ''));
    const name = lines.findLast((line) => line.startsWith('event:'));
    return data.length === 0 ? [] : [{ name: name?.slice(6).trim() ?? '', data: data.join('\n') }];
  });
}
