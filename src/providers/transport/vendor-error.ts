// What a caller and the log get to read of a vendor's failure: decided here for all vendors. What the failure means is decided
// in each vendor's errors.ts.

import { type ErrorDetails, SluiceError } from '../../core/error.ts';
import { type ErrorReason, errorCatalogue } from '../../core/error-catalogue.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import { objectOf } from '../translation/wire-values.ts';
import { safeMessage } from './safe-message.ts';

/** What an error is made from beside the vendor's answer. */
export interface FailureContext {
  /** `provider/model`. */
  readonly target: string;
  /** Exact texts that must never be shown. */
  readonly secrets: readonly string[];
  readonly nowMs: number;
}

/** What the vendor said. */
export interface VendorError {
  readonly status: number;
  readonly type?: string | undefined;
  readonly code?: string | undefined;
  readonly message?: string | undefined;
  /** The field of the request that is to blame. */
  readonly param?: string | undefined;
  /** The vendor's id of the request: for the log, by which the vendor's support finds it. */
  readonly requestId?: string | undefined;
  readonly retryAfterMs?: number | undefined;
}

/**
 * The failure. What the caller may see: for a verdict on the request the vendor's own message and field, cleaned; for anything
 * about this server's account, a rate limit or a fault of the vendor only the catalogue's sentence. Type and code are shown
 * when nothing in them had to be cleaned. The log's detail holds no message of a verdict, since vendors quote the prompt in it.
 */
export function vendorError(reason: ErrorReason, said: VendorError, context: FailureContext): SluiceError {
  const { status, retryAfterMs, requestId } = said;
  const isVerdict = errorCatalogue[reason].vendorShows === 'words';
  const message = safeMessage(said.message, context.secrets);
  const [type, code, param] = [said.type, said.code, said.param].map((word) => cleanWord(word, context.secrets));
  const facts = [`status ${status}`, type, code, requestId, isVerdict ? param : message];
  const details: ErrorDetails = {
    ...(isVerdict && message !== undefined ? { message } : {}),
    ...(isVerdict && param !== undefined ? { param } : {}),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    detail: facts.filter((fact) => fact !== undefined).join(', '),
    upstream: {
      target: context.target,
      status,
      ...(type === undefined ? {} : { type }),
      ...(code === undefined ? {} : { code }),
    },
  };
  return new SluiceError(reason, details);
}

/** A word in which there is something to hide is no word that a caller could act on. */
function cleanWord(word: string | undefined, secrets: readonly string[]): string | undefined {
  return word !== undefined && safeMessage(word, secrets) === word ? word : undefined;
}

/** Makes a failure out of a body that is an error although it came within a stream or under status 200. */
export type EmbeddedFailure = (body: JsonObject) => SluiceError;

/**
 * The body of a failure as JSON. Google wraps its errors into a list. What is no JSON, such as the page or the plain text of a proxy, is
 * its `error` (`safeMessage` decides what may be shown of it); JSON that was cut says nothing.
 */
export function errorBodyOf(body: string): JsonObject {
  try {
    const parsed = JSON.parse(body) as JsonValue;
    return objectOf(Array.isArray(parsed) ? parsed[0] : parsed) ?? {};
  } catch {
    const text = body.trim();
    return text === '' || text.startsWith('{') || text.startsWith('[') ? {} : { error: text };
  }
}
