// JSON whose numbers keep what they say. JSON.parse rounds whole numbers beyond 2^53, which 64-bit ids reach, and makes infinity or
// nothing of what a double cannot reach; here such numbers stay as they are written, and JSON.stringify writes them so again.

import type { JsonValue } from './json.ts';

/**
 * The value of a JSON text. A number that a double cannot hold (a whole number or a magnitude, not the last digits of a fraction) is an
 * object of `JSON.rawJSON`: no `JsonObject`, and no number to anything that computes. Costs little more than JSON.parse where
 * there is none. Throws what JSON.parse throws.
 */
export function parseExactJson(text: string): JsonValue {
  return parseWithSource(text, (value, source) =>
    holds(value, source) ? value : exactly.rawJSON(source),
  ) as JsonValue;
}

/**
 * As `parseExactJson`, for the events of a stream: numbers whose exponent a double cannot reach, which no vendor writes into one, are what
 * JSON.parse makes of them. Looking for them would cost more than all the rest.
 */
export function parseExactEvent(text: string): unknown {
  return hasLongRun(text) ? parseExactJson(text) : JSON.parse(text);
}

/** The value of a JSON text, with what `read` makes of each number and its text, where there may be one that a double cannot hold. */
export function parseWithSource(text: string, read: (value: number, source: string) => unknown): unknown {
  if (!mayLoseDigits(text)) return JSON.parse(text);
  return exactly.parse(text, (_key, value, context) => {
    const source = context?.source;
    return typeof value === 'number' && source !== undefined ? read(value, source) : value;
  });
}

/** 2^53 has 16 digits. */
const safeDigits = 16;

/** A number of 16 digits or more before its point, or with an exponent that may make it one. */
const longNumber: RegExp = /(?:^|[[,:\s])-?(?:\d{16}|\d[\d.]*[eE](?:\+?\d\d|-\d{3}))/;

/** An exponent near the end of what a double reaches, where it can be found most cheaply. */
const highExponent: RegExp = /\d[eE][+-]?(?:[2-9]|\d\d)\d\d/;

/** False when JSON.parse keeps all numbers of the text. */
function mayLoseDigits(text: string): boolean {
  return (hasLongRun(text) || highExponent.test(text)) && longNumber.test(text);
}

/** True for a run of 16 digits or more, each of which has one at a place that 16 divides. */
function hasLongRun(text: string): boolean {
  for (let at = safeDigits - 1; at < text.length; at += safeDigits) {
    if (isDigit(text, at) && isLongRunAt(text, at)) return true;
  }
  return false;
}

function isLongRunAt(text: string, at: number): boolean {
  let from = at;
  let to = at + 1;
  while (to - from < safeDigits && isDigit(text, from - 1)) from -= 1;
  while (to - from < safeDigits && isDigit(text, to)) to += 1;
  return to - from >= safeDigits;
}

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 0x30 && code <= 0x39;
}

/** False when a double says something else than the text: beyond 2^53 another whole number, or infinity, or nothing of something. */
function holds(value: number, source: string): boolean {
  if (Number.isSafeInteger(value)) return value !== 0 || !/[1-9]/.test(source.split(/[eE]/)[0] ?? '');
  if (!Number.isFinite(value)) return false;
  if (Math.abs(value) < Number.MAX_SAFE_INTEGER || String(value) === source) return true;
  if (/^-?\d+$/.test(source)) return BigInt(source) === BigInt(value);
  return significant(source) === significant(String(value));
}

/** The digits of a number without the zeros around them: two texts of one magnitude say the same when these are the same. */
function significant(source: string): string {
  const digits = (source.split(/[eE]/)[0] ?? '').replace(/[-.]/g, '');
  return digits.replace(/^0+|0+$/g, '');
}

/** What ECMAScript 2026 adds to JSON, which the compiler's library has no types for yet. */
interface ExactJson {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context?: { readonly source?: string }) => unknown,
  ): unknown;
  rawJSON(text: string): unknown;
}

const exactly: ExactJson = JSON as unknown as ExactJson;
