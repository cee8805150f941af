// What a vendor said, in words that belong to no vendor: the common form of what a ground-truth reader finds in recorded bytes
// and of what a client made of the answer. Nothing here knows the product.

/** A call of one of the caller's tools. */
export interface SaidCall {
  readonly name: string;
  /** Parsed JSON; the text itself where it is not JSON (free-form tools). */
  readonly arguments: unknown;
}

/** Tokens. `output` includes reasoning, `input` includes what came from a cache. */
export interface SaidUsage {
  readonly input: number;
  readonly output: number;
}

/** Why an answer ended. `other` is a vendor's word without a match. */
export type SaidFinish = 'stop' | 'length' | 'tool-calls' | 'content-filter' | 'other';

/** One choice of an answer. */
export interface SaidChoice {
  readonly text: string;
  /** Words of a refusal, where the vendor keeps them apart from the text. */
  readonly refusal?: string;
  readonly calls: readonly SaidCall[];
  /** Undefined where nobody said. */
  readonly finish: SaidFinish | undefined;
}

/** A complete answer; what stands in it directly is its first choice. */
export interface Said extends SaidChoice {
  /** The choices behind the first, in order. Absent where there are none, and of clients that do not show them. */
  readonly others?: readonly SaidChoice[];
  /** Undefined where nobody counted. */
  readonly usage: SaidUsage | undefined;
}

/** What was recorded. */
export type Truth =
  /** An answer to its end. */
  | { readonly kind: 'answer'; readonly said: Said }
  /** Vectors, for embeddings. */
  | { readonly kind: 'vectors'; readonly vectors: readonly (readonly number[])[]; readonly input: number | undefined }
  /** The vendor refused the request or failed, before or within the answer. `status` is 200 when the failure came within. */
  | { readonly kind: 'failure'; readonly status: number; readonly error: SaidError }
  /** The vendor's filter refused the prompt, under whatever status. */
  | { readonly kind: 'blocked' }
  /** The recording is no whole answer: cut, or not in the vendor's form. A caller must be told. */
  | { readonly kind: 'broken'; readonly why: string };

/** A vendor's words for a failure. */
export interface SaidError {
  readonly type: string | undefined;
  readonly code: string | undefined;
  readonly message: string | undefined;
  /** The field of the request that is to blame, where the dialect has a place for it. */
  readonly param?: string | undefined;
}

/** JSON where it is JSON, else the text. An empty text is what a call without arguments has. */
export function argumentsOf(text: unknown): unknown {
  if (typeof text !== 'string') return text ?? {};
  if (text.trim() === '') return {};
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** The value at a path; undefined where the path ends early. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  let here = value;
  for (const step of path) here = (here as Record<string | number, unknown> | null | undefined)?.[step];
  return here;
}

/** The list at a path; empty where there is none. */
export function listAt(value: unknown, ...path: readonly (string | number)[]): readonly unknown[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
}

/** The text at a path; '' where there is none. */
export function textAt(value: unknown, ...path: readonly (string | number)[]): string {
  const found = at(value, ...path);
  return typeof found === 'string' ? found : '';
}

/** The number at a path. */
export function numberAt(value: unknown, ...path: readonly (string | number)[]): number | undefined {
  const found = at(value, ...path);
  return typeof found === 'number' ? found : undefined;
}

/** `{type, code, message, param}` of an error in any of the vendors' envelopes. Numbers become text. */
export function errorOf(body: unknown): SaidError {
  const first = Array.isArray(body) ? (body[0] as unknown) : body;
  const inner = at(first, 'error');
  const error = typeof inner === 'object' && inner !== null ? inner : first;
  const word = (value: unknown): string | undefined =>
    typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
  return {
    type: word(at(error, 'type')) ?? word(at(error, 'status')),
    code: word(at(error, 'code')),
    message: word(at(error, 'message')) ?? word(inner) ?? word(at(first, 'detail')),
    param: word(at(error, 'param')),
  };
}
