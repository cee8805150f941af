// What an API dialect is to the edge: the routes it serves, and how it writes errors and streams. The edge does the rest
// (authentication, limits, deadlines, parsing of JSON, back-pressure, logging) once for all dialects.

import type { IncomingHttpHeaders } from 'node:http';
import type { SluiceError } from '../core/error.ts';
import type { AnswerPart, PredictPart } from '../core/predict.ts';
import type { Clock } from '../ports/clock.ts';
import type { Ids } from '../ports/ids.ts';
import type { Inference } from '../ports/inference.ts';
import type { ResponseStore } from '../ports/response-store.ts';
import type { AcceptedBodies } from './accepted-bodies.ts';
import type { Answered, EdgeCall } from './call.ts';
import type { ErrorStyle } from './error-style.ts';

export type { RenderedError } from './error-style.ts';

/** What a dialect's routes may use. A dialect is made by a `createXDialect(services: DialectServices): EdgeDialect`. */
export interface DialectServices {
  readonly inference: Inference;
  readonly clock: Clock;
  readonly ids: Ids;
  /** Where answers of the Responses API are kept; absent: nowhere. */
  readonly responses?: ResponseStore;
  /** Whether an id of an earlier answer that is not kept here is passed on, as one of the vendor's. Default: it is not found. */
  readonly passUnknownResponses?: boolean;
}

/** One API dialect. */
export interface EdgeDialect extends ErrorStyle {
  readonly name: 'openai' | 'anthropic' | 'native' | 'open-inference';

  /**
   * Paths whose errors this dialect writes even where no route matches, as prefixes (`/v1/messages` covers itself and
   * everything below it). Of several dialects the longest match wins.
   */
  readonly pathPrefixes: readonly string[];

  readonly routes: readonly EdgeRoute[];
}

/** One route of a dialect. */
export interface EdgeRoute {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** The router's pattern, such as `/v1/chat/completions` or `/v1/models/*`; also the label in metrics, spans and logs. */
  readonly path: string;
  /** `key`: an API key is required. `open`: anybody may ask (health). */
  readonly access: 'key' | 'open';
  /** Bodies that the route takes; absent: JSON. */
  readonly accepts?: AcceptedBodies;
  /** Who writes the errors of a call with these headers; absent, or for undefined: the dialect. */
  readonly errorStyleOf?: (headers: IncomingHttpHeaders) => ErrorStyle | undefined;
  /**
   * Answers a call whose body is parsed JSON or, by `accepts`, bytes (undefined when there was none). What it throws is made a SluiceError and
   * rendered by its dialect. It must pass `call.context` and `call.signal` on.
   */
  handle(call: EdgeCall): EdgeAnswer | Promise<EdgeAnswer>;
}

/** What a route answers. */
export type EdgeAnswer = WholeAnswer | StreamAnswer;

/** An answer in one piece. */
export interface WholeAnswer {
  readonly kind: 'whole';
  /** The body as text, or as bytes for a media type that is not text. */
  readonly body: string | Uint8Array;
  /** Default 200. */
  readonly status?: number;
  /** Default `application/json; charset=utf-8`. */
  readonly contentType?: string;
  /** Further headers that only this answer has, in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Who answered: gives the x-sluice-model and x-sluice-attempts headers, and the figures of the log line. */
  readonly answered?: Answered;
}

/**
 * A stream of server-sent events. The edge pulls `parts` only as fast as the client reads. Until `encode` has returned the
 * first text the HTTP status is still open and a failure becomes an ordinary error answer.
 */
export interface StreamAnswer {
  readonly kind: 'stream';
  readonly parts: AsyncIterable<PredictPart>;
  readonly encoder: StreamEncoder;
}

/** Writes the parts of one stream as the text of server-sent events. Made anew for each stream: it may keep state. */
export interface StreamEncoder {
  /**
   * The events of one part, each ended by an empty line; '' when the part makes none yet. For `end` it returns everything
   * that closes a complete answer (finish reason, usage, `[DONE]`).
   */
  encode(part: AnswerPart): string;

  /** The events that end a stream which fails after it began. Must not look like a complete answer. Must not throw. */
  fail(error: SluiceError): string;

  /** Text that keeps the connection from looking idle: a comment (`: keep-alive\n\n`) or the dialect's own ping event. */
  keepAlive(): string;
}
