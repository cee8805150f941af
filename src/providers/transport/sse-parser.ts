// An incremental parser of server-sent events (WHATWG HTML, section 9.2.6) that works on bytes as they arrive. It knows
// nothing of what the events mean.

import { SluiceError } from '../../core/error.ts';

const LF = 10;
const CR = 13;
const SPACE = 32;
const COLON = 58;

/** Where no carriage return lies ahead: never the smaller of two positions. */
const NONE = Number.POSITIVE_INFINITY;

/**
 * Reads events out of chunks that may be cut anywhere: within a UTF-8 sequence, within CRLF, within the byte order mark.
 * Lines inside one chunk are decoded where they lie; only a line that spans chunks is copied. Each line, and the data of
 * each event, holds at most `maxLineBytes`; more throws `upstream_malformed`, after which the parser is of no use.
 *
 * An event without a blank line behind it is not an event, also at the end of the stream (the standard says so): it may
 * have been cut. `readLast` gives it to those who can tell.
 */
export class SseParser {
  /** Data of the event that `read` found, its lines joined by line feeds. */
  data: string = '';
  /** The `event` field of that event; '' when it had none. */
  event: string = '';
  /** The last `id` field seen so far; '' when there was none. */
  lastEventId: string = '';
  /** The last valid `retry` field seen so far, in milliseconds. */
  retryMs: number | undefined;

  readonly #maxLineBytes: number;
  #chunk: Buffer = Buffer.alloc(0);
  #position: number = 0;
  /** Position of the next carriage return in the chunk. Usually there is none, and one search per chunk tells so. */
  #nextReturn: number = NONE;
  /** Chunks that arrived while an earlier one was not read to its end. */
  #later: Buffer[] = [];
  /** The beginning of a line whose end has not arrived. */
  #partial: Buffer = Buffer.alloc(0);
  #partialBytes: number = 0;
  #isFirstLine: boolean = true;
  #skipLineFeed: boolean = false;
  #lines: number = 0;
  #nextData: string = '';
  #nextEvent: string = '';
  #eventBytes: number = 0;
  /** The event under way has a line that is no field: half of one, or a page that somebody else wrote into the body. */
  #hasForeignLine: boolean = false;

  constructor(maxLineBytes: number) {
    this.#maxLineBytes = maxLineBytes;
  }

  /** Adds bytes. The parser keeps a reference to them until they are read: they must not change. */
  push(chunk: Buffer): void {
    if (this.#position < this.#chunk.length) this.#later.push(chunk);
    else this.#take(chunk);
  }

  /** Moves to the next event: true when there is one, in `data` and `event`; false when more bytes are needed. */
  read(): boolean {
    for (;;) {
      while (this.#position < this.#chunk.length) if (this.#readLine()) return true;
      const next = this.#later.shift();
      if (next === undefined) return false;
      this.#take(next);
    }
  }

  /**
   * What was under way when a body ended well: `event`, in `data` and `event`, when it has data; `fragment` when something was
   * there that is no event. The standard throws both away; some vendors leave the last blank line out. Whoever gets an event
   * must check that its data is whole.
   */
  readLast(): 'nothing' | 'event' | 'fragment' {
    const bytes = this.#partialBytes;
    this.#partialBytes = 0;
    if (bytes > 0) this.#takeLine(this.#partial, 0, bytes);
    const isFragment = this.#hasForeignLine || (this.#lines === 0 && this.#nextEvent !== '');
    const hasData = this.#finishEvent();
    if (isFragment) return 'fragment';
    return hasData ? 'event' : 'nothing';
  }

  #take(chunk: Buffer): void {
    this.#chunk = chunk;
    this.#position = 0;
    this.#findReturn(0);
  }

  #findReturn(from: number): void {
    const at = this.#chunk.indexOf(CR, from);
    this.#nextReturn = at === -1 ? NONE : at;
  }

  /** Takes one line, or keeps the rest of the chunk as the beginning of one. True when the line completed an event. */
  #readLine(): boolean {
    const chunk = this.#chunk;
    if (this.#skipLineFeed) {
      this.#skipLineFeed = false;
      if (chunk[this.#position] === LF) {
        this.#position += 1;
        return false;
      }
    }
    const start = this.#position;
    let end = chunk.indexOf(LF, start);
    if (end === -1) end = NONE;
    if (this.#nextReturn < end) {
      end = this.#nextReturn;
      this.#skipLineFeed = true;
      this.#findReturn(end + 1);
    }
    if (end === NONE) {
      this.#keep(start);
      return false;
    }
    this.#position = end + 1;
    if (this.#partialBytes === 0) return this.#takeLine(chunk, start, end);
    this.#append(chunk, start, end);
    const bytes = this.#partialBytes;
    this.#partialBytes = 0;
    return this.#takeLine(this.#partial, 0, bytes);
  }

  #keep(start: number): void {
    this.#append(this.#chunk, start, this.#chunk.length);
    this.#position = this.#chunk.length;
  }

  /** Copies into the partial line, which grows by doubling: one byte at a time still costs linear time. */
  #append(chunk: Buffer, start: number, end: number): void {
    const bytes = this.#partialBytes + end - start;
    this.#checkLine(bytes);
    if (bytes > this.#partial.length) {
      const larger = Buffer.allocUnsafe(Math.max(256, bytes, Math.min(this.#partial.length * 2, this.#maxLineBytes)));
      this.#partial.copy(larger, 0, 0, this.#partialBytes);
      this.#partial = larger;
    }
    chunk.copy(this.#partial, this.#partialBytes, start, end);
    this.#partialBytes = bytes;
  }

  #checkLine(bytes: number): void {
    if (bytes > this.#maxLineBytes) throw tooLong('line', this.#maxLineBytes);
  }

  /** Handles the line between two positions. True when it is the blank line behind an event with data. */
  #takeLine(bytes: Buffer, from: number, end: number): boolean {
    let start = from;
    this.#checkLine(end - start);
    if (this.#isFirstLine) {
      this.#isFirstLine = false;
      if (bytes[start] === 0xef && bytes[start + 1] === 0xbb && bytes[start + 2] === 0xbf) start += 3;
    }
    if (start >= end) return this.#finishEvent();
    if (isData(bytes, start, end)) this.#addData(bytes, start + 4, end);
    else this.#takeField(bytes, start, end);
    return false;
  }

  /** `at` is where `data` ended: at a colon, or at the end of the line. */
  #addData(bytes: Buffer, at: number, end: number): void {
    let start = at < end ? at + 1 : at;
    if (start < end && bytes[start] === SPACE) start += 1;
    this.#eventBytes += end - start + 1;
    if (this.#eventBytes > this.#maxLineBytes + 1) throw tooLong('event', this.#maxLineBytes);
    const text = start === end ? '' : bytes.toString('utf8', start, end);
    this.#nextData = this.#lines === 0 ? text : `${this.#nextData}\n${text}`;
    this.#lines += 1;
  }

  #finishEvent(): boolean {
    const hasData = this.#lines > 0;
    if (hasData) {
      this.data = this.#nextData;
      this.event = this.#nextEvent;
    }
    this.#nextData = '';
    this.#nextEvent = '';
    this.#lines = 0;
    this.#eventBytes = 0;
    this.#hasForeignLine = false;
    return hasData;
  }

  #takeField(bytes: Buffer, start: number, end: number): void {
    if (bytes[start] === COLON) return; // A comment, usually a heartbeat.
    const line = bytes.toString('utf8', start, end);
    const colon = line.indexOf(':');
    const name = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (name === 'event') this.#nextEvent = value;
    else if (name === 'id') {
      if (!value.includes('\0')) this.lastEventId = value;
    } else if (name === 'retry') {
      if (/^\d{1,12}$/.test(value)) this.retryMs = Number(value);
    } else if (line.trim() !== '') this.#hasForeignLine = true;
  }
}

/** True for a line `data` or `data:…`. */
function isData(bytes: Buffer, start: number, end: number): boolean {
  return (
    bytes[start] === 100 &&
    bytes[start + 1] === 97 &&
    bytes[start + 2] === 116 &&
    bytes[start + 3] === 97 &&
    end - start >= 4 &&
    (end - start === 4 || bytes[start + 4] === COLON)
  );
}

function tooLong(what: string, maxBytes: number): SluiceError {
  return new SluiceError('upstream_malformed', { detail: `a ${what} of the stream is longer than ${maxBytes} bytes` });
}
