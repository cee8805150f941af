// The single values of sluice.yaml as zod schemas. The message of each is what it expects, in words: problem.ts puts it after
// "expected". Explicit types, because declarations are emitted file by file.

import { z } from 'zod';
import type { Address, SecretReference } from './config.ts';

/** A whole number with a default. `unit` follows the range: ` ms`, ` bytes`. */
export function whole(
  range: { readonly min: number; readonly max: number; readonly unit?: string },
  fallback: number,
  description: string,
): z.ZodDefault<z.ZodType<number, number>> {
  return wholeWithoutDefault(range, description).default(fallback).describe(description);
}

/** A whole number. */
export function wholeWithoutDefault(
  { min, max, unit = '' }: { readonly min: number; readonly max: number; readonly unit?: string },
  description: string,
): z.ZodType<number, number> {
  const error = `a whole number from ${min} to ${max}${unit}`;
  return z.int(error).min(min, error).max(max, error).describe(description);
}

/** A share of a whole, 0 to 1, with a default. */
export function share(fallback: number, description: string): z.ZodDefault<z.ZodType<number, number>> {
  const error = 'a number from 0 to 1';
  return z.number(error).min(0, error).max(1, error).default(fallback).describe(description);
}

/** Milliseconds up to one day, with a default. */
export function milliseconds(fallback: number, description: string): z.ZodDefault<z.ZodType<number, number>> {
  return whole({ min: 1, max: 86_400_000, unit: ' (milliseconds)' }, fallback, description);
}

/** Non-empty text. */
export function text(expected: string, description: string): z.ZodType<string, string> {
  return z.string(expected).min(1, expected).max(4_096, expected).describe(description);
}

/** The path of a file or folder, as it was written: build.ts makes it absolute. */
export function path(description: string): z.ZodType<string, string> {
  return text(
    'the path of a file or folder',
    `${description} Relative to this file; on the command line, to the working directory.`,
  );
}

const addressPattern = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:/@[\]]+)):(\d{1,5})$/;
/** What an address is expected to be. */
export const addressForm = 'HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080';

/** `HOST:PORT`. Port 0 is any free one. */
export function address(fallback: string, description: string): z.ZodPrefault<z.ZodType<Address, string>> {
  return z
    .string(addressForm)
    .meta({ pattern: addressPattern.source, examples: [fallback] })
    .transform((written, context) => {
      const parsed = parseAddress(written);
      if (parsed !== undefined) return parsed;
      context.addIssue({ code: 'custom', message: addressForm, input: written });
      return z.NEVER;
    })
    .describe(description)
    .prefault(fallback);
}

/** What to write where only a port was written; undefined for anything else. */
export function addressHint(written: unknown): string | undefined {
  const port = /^:?(\d{1,5})$/.exec(String(written))?.[1];
  return port === undefined ? undefined : `write 127.0.0.1:${port}, or 0.0.0.0:${port} for all interfaces`;
}

/** Host and port of `HOST:PORT`; undefined when it is not of that form. */
export function parseAddress(written: string): Address | undefined {
  const match = addressPattern.exec(written);
  if (match === null) return undefined;
  const host = match[1] ?? match[2];
  const port = Number(match[3]);
  return host === undefined || port > 65_535 ? undefined : { host, port };
}

/** An http or https address; a trailing slash is dropped. */
export function httpUrl(description: string, example: string): z.ZodType<string, string> {
  const expected = `an http:// or https:// address, such as ${example}`;
  return z
    .string(expected)
    .meta({ pattern: '^https?://', examples: [example] })
    .transform((written, context) => {
      const url = URL.canParse(written) ? new URL(written) : undefined;
      const isHttp = url?.protocol === 'http:' || url?.protocol === 'https:';
      const hasUser = url !== undefined && (url.username !== '' || url.password !== '');
      if (isHttp && !hasUser) return written.replace(/\/+$/, '');
      const hint = hasUser
        ? 'an address must not carry a user or password: use apiKey, or headers with a secret'
        : undefined;
      context.addIssue({ code: 'custom', message: expected, input: written, params: { hint } });
      return z.NEVER;
    })
    .describe(description);
}

const secretForm = 'a reference to a secret: { secret: NAME }';

/** A secret by name. The value itself never stands in the configuration. */
export const secretReference: z.ZodType<SecretReference, SecretReference> = z
  .strictObject(
    {
      secret: z
        .string('the name of a secret')
        .regex(/^[A-Za-z0-9_][\w.-]{0,127}$/, 'the name of a secret: letters, digits, "-", "_", "."'),
    },
    secretForm,
  )
  .describe('Name of a secret: a file of that name in secrets.dir, or the variable SLUICE_SECRET_NAME.');

type Headers = Record<string, string | SecretReference>;

/** HTTP headers by name; a value is text or a secret. */
export const headers: z.ZodDefault<z.ZodType<Headers, Headers>> = z
  .record(
    z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'the name of an HTTP header'),
    z.union(
      [z.string().regex(/^[\t\x20-\x7e\x80-\xff]*$/, 'text that fits into an HTTP header'), secretReference],
      `text, or ${secretForm}`,
    ),
  )
  .describe('Headers sent with every request. Credentials must be secrets.')
  .default({});

/** A name of a provider or an alias: it stands before or instead of the `/` in a target. */
export function name(what: string): z.ZodType<string, string> {
  return z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/, `a name of ${what}: letters, digits, ".", "_", ":" and "-"`);
}
