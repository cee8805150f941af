// How a family of clients wants errors and request ids: the part of a dialect that a call needs before any route is known.

import type { SluiceError } from '../core/error.ts';

/** Writes errors. */
export interface ErrorStyle {
  /** The response header in which the vendor's own clients look for the request id. Sent beside `x-sluice-request-id`. */
  readonly requestIdHeader: string;

  /**
   * The error as these clients expect it. Must not throw. The edge adds the request id, trace and retry headers itself;
   * `headers` is for what only this style has.
   */
  renderError(error: SluiceError, requestId: string): RenderedError;
}

/** A whole error answer. */
export interface RenderedError {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The body as text, with the content type that `headers` names (default application/json). */
  readonly body: string;
}
