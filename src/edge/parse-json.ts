// From bytes to JSON, for bytes that an enemy may have written: valid UTF-8, bounded nesting (checked by a linear scan before
// the recursive parser sees them), no key that could replace a prototype.

import { isUtf8 } from 'node:buffer';
import { SluiceError } from '../core/error.ts';
import { parseExactJson } from '../core/exact-json.ts';

/**
 * The JSON value of a body, with long numbers as `parse` reads them: unless it says otherwise as they were written. Throws
 * `malformed_json`, `nesting_too_deep`, or `invalid_request` for a `__proto__` key. An empty body is malformed.
 */
export function parseJsonBody(
  bytes: Buffer,
  maxNesting: number,
  parse: (text: string) => unknown = parseExactJson,
): unknown {
  if (bytes.length === 0) throw malformed('The body is empty; a JSON object was expected.');
  if (!isUtf8(bytes)) throw malformed('The body is not valid UTF-8.');
  const kind = surveyOf(bytes, maxNesting);
  if (kind === 'too-deep') {
    throw new SluiceError('nesting_too_deep', { message: `The body nests deeper than ${maxNesting} levels.` });
  }
  const text = bytes.toString('utf8');
  let value: unknown;
  try {
    value = kind === 'plain' ? JSON.parse(text) : parse(text);
  } catch (thrown) {
    throw malformed(`The body is not valid JSON.${positionIn(thrown)}`);
  }
  // A key can be spelled with escapes, all of which begin so.
  if (text.includes('__proto__') || text.includes('\\u00')) refusePrototypeKeys(value);
  return value;
}

const quote = 0x22;
const backslash = 0x5c;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const zero = 0x30;
const nine = 0x39;
const exponent = 0x65;
const capitalExponent = 0x45;
const closeBrace = 0x7d;

/** Strings up to this long are scanned here; for longer ones the native search is quicker than it is costly to call. */
const shortStringBytes = 48;

/**
 * What a body needs: `too-deep` when arrays and objects are nested deeper than `max`, `long-numbers` when it may have some that a double
 * cannot hold, of 16 digits or with an exponent. One pass; what is inside strings does not count.
 */
export function surveyOf(bytes: Buffer, max: number): 'plain' | 'long-numbers' | 'too-deep' {
  let depth = 0;
  let digits = 0;
  let longest = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === quote) at = endOfString(bytes, at + 1);
    else if (byte === openBrace || byte === openBracket) {
      depth += 1;
      if (depth > max) return 'too-deep';
    } else if (byte === closeBrace || byte === closeBracket) depth -= 1;
    else {
      digits = digitsTo(byte, digits);
      longest = Math.max(longest, digits);
    }
  }
  return longest >= longDigits ? 'long-numbers' : 'plain';
}

/** 2^53 has so many. */
const longDigits = 16;

/** How many digits stand together up to this byte, with those before it; an exponent counts as many. */
function digitsTo(byte: number | undefined, before: number): number {
  if (byte === undefined) return 0;
  if (byte >= zero && byte <= nine) return before + 1;
  return before > 0 && (byte === exponent || byte === capitalExponent) ? longDigits : 0;
}

/** Index of the quote that closes a string, or the length when none does. */
function endOfString(bytes: Buffer, from: number): number {
  let at = from;
  const shortEnd = Math.min(bytes.length, from + shortStringBytes);
  for (; at < shortEnd; at += 1) {
    const byte = bytes[at];
    if (byte === quote) return at;
    if (byte === backslash) at += 1;
  }
  for (;;) {
    const end = bytes.indexOf(quote, at);
    if (end === -1) return bytes.length;
    let backslashes = 0;
    // Not before `at`: what is behind it has been paired already.
    while (end - backslashes - 1 >= at && bytes[end - backslashes - 1] === backslash) backslashes += 1;
    if (backslashes % 2 === 0) return end;
    at = end + 1;
  }
}

/** Copying such a key with `target[key] = value` would replace the target's prototype. Recursion is bounded by the nesting. */
function refusePrototypeKeys(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    for (const item of value) refusePrototypeKeys(item);
    return;
  }
  for (const [key, item] of Object.entries(value)) {
    if (key === '__proto__') {
      throw new SluiceError('invalid_request', {
        message: 'The body has a key named __proto__, which is not accepted.',
      });
    }
    refusePrototypeKeys(item);
  }
}

function malformed(message: string): SluiceError {
  return new SluiceError('malformed_json', { message });
}

/** V8 says where for some errors and quotes the body for others: only the place is kept. */
function positionIn(thrown: unknown): string {
  const place =
    thrown instanceof Error ? /position \d+(?: \(line \d+ column \d+\))?/.exec(thrown.message)?.[0] : undefined;
  return place === undefined ? '' : ` The error is at ${place}.`;
}
