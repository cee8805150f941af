// The format of API keys: `sk-sluice-`, 33 random characters, 6 characters of checksum. A mistyped or foreign key is told
// apart without a lookup, and secret scanners can find a leaked one by its shape.

import { hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { Ids } from '../ports/ids.ts';

const prefix = 'sk-sluice-';
const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** 33 characters of 62 are 196 bits: nobody guesses one, so the stored hash needs no salt and no slow function. */
const randomChars = 33;
/** 62^6 is more than 2^32. */
const checksumChars = 6;
const length = prefix.length + randomChars + checksumChars;
const pattern: RegExp = new RegExp(`^${prefix}[0-9A-Za-z]{${randomChars + checksumChars}}$`);

/** Bytes from here on are drawn again, so that no character is likelier than another: 248 = 4 × 62. */
const firstBiasedByte = 248;

/** A new key. It is shown once and never stored. */
export function generateApiKey(ids: Ids): string {
  let random = '';
  while (random.length < randomChars) {
    for (const byte of ids.randomBytes(randomChars + 8)) {
      if (byte < firstBiasedByte && random.length < randomChars) random += alphabet[byte % 62];
    }
  }
  const body = prefix + random;
  return body + checksumOf(body);
}

/** True when the text has the format and its checksum is right. Whether the key exists is another question. */
export function looksLikeApiKey(text: string): boolean {
  if (text.length !== length || !pattern.test(text)) return false;
  const body = text.slice(0, -checksumChars);
  return checksumOf(body) === text.slice(-checksumChars);
}

/** SHA-256 of the whole key, lower-case hex. */
export function hashApiKey(apiKey: string): string {
  return hash('sha256', apiKey, 'hex');
}

/** The first characters of a key, to recognise it by: `sk-sluice-AbCd`. Safe to show. */
export function hintOfApiKey(apiKey: string): string {
  return apiKey.slice(0, prefix.length + 4);
}

function checksumOf(body: string): string {
  let rest = crc32(body);
  let text = '';
  for (let at = 0; at < checksumChars; at += 1) {
    text = (alphabet[rest % 62] ?? '') + text;
    rest = Math.floor(rest / 62);
  }
  return text;
}
