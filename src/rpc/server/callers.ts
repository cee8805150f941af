// Who calls: turns the metadata of a gRPC call into a CallContext, and tells our own roles (peers) from everybody else.

import { hash, timingSafeEqual } from 'node:crypto';
import type { Metadata } from '@grpc/grpc-js';
import type { CallContext } from '../../core/call-context.ts';
import { SluiceError } from '../../core/error.ts';
import { parseRoutingHints, routingHeaders } from '../../core/routing-hints.ts';
import type { Principal } from '../../ports/authenticator.ts';
import { present } from '../codec/present.ts';
import { defaultTimeoutMs, maxRequestIdLength, maxTimeoutMs } from '../defaults.ts';
import { metadataKeys } from '../metadata-keys.ts';
import type { RpcServerOptions } from '../rpc-server-options.ts';

/** What is read of a call, whatever its kind. */
export interface IncomingCall {
  readonly metadata: Metadata;
  /** Moment of the deadline; Infinity when there is none. */
  getDeadline(): Date | number;
  getAuthContext(): { readonly sslPeerCertificate?: { readonly subjectaltname?: string | undefined } };
}

/** Answers who calls. */
export interface Callers {
  /** The caller's own id of the call, when it can be written into a log line; else a new one. */
  requestId(call: IncomingCall): string;
  /**
   * The context of a call. Throws or rejects with `missing_api_key`, `invalid_api_key`, `invalid_request` for a hint of another form, and
   * what the authenticator throws.
   */
  contextOf(call: IncomingCall, requestId: string): CallContext | Promise<CallContext>;
  /** True for one of our own roles. */
  isPeer(call: IncomingCall): boolean;
}

/** The rules of RpcServerOptions. */
export function createCallers(options: RpcServerOptions): Callers {
  const isPeer = peerCheck(options);
  const contextOf = (call: IncomingCall, requestId: string): CallContext | Promise<CallContext> => {
    const principal = identify(options, call.metadata, isPeer(call));
    if (principal instanceof Promise) return principal.then((who) => buildContext(options, call, requestId, who));
    return buildContext(options, call, requestId, principal);
  };
  const requestId = (call: IncomingCall): string => {
    const given = text(call.metadata, metadataKeys.requestId);
    const isPlain = given !== undefined && given.length <= maxRequestIdLength && /^[\x21-\x7e]+$/.test(given);
    return isPlain ? given : options.ids.next('req_');
  };
  return { requestId, contextOf, isPeer };
}

/** A presented key always decides; without one, a peer says for whom it calls, and anybody else is `local` or nobody. */
function identify(options: RpcServerOptions, metadata: Metadata, isPeer: boolean): Principal | Promise<Principal> {
  const authorization = text(metadata, 'authorization');
  if (authorization !== undefined) {
    const key = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
    if (key === undefined || options.authenticator === undefined) throw refuse(options, 'invalid_api_key');
    return authenticate(options, key);
  }
  const tenantId = isPeer ? text(metadata, metadataKeys.tenantId) : undefined;
  if (tenantId !== undefined) return { tenantId, keyId: text(metadata, metadataKeys.keyId) ?? '' };
  if (options.requireApiKey) throw refuse(options, 'missing_api_key');
  return { tenantId: 'local', keyId: '' };
}

function authenticate(options: RpcServerOptions, key: string): Principal | Promise<Principal> {
  const countFailure = (error: unknown): never => {
    if (error instanceof SluiceError) options.metrics.add('sluice_auth_failures_total', [error.reason]);
    throw error;
  };
  try {
    const principal = options.authenticator?.authenticate(key);
    if (principal === undefined) throw new SluiceError('invalid_api_key');
    return principal instanceof Promise ? principal.catch(countFailure) : principal;
  } catch (error) {
    return countFailure(error);
  }
}

function refuse(options: RpcServerOptions, reason: 'missing_api_key' | 'invalid_api_key'): SluiceError {
  options.metrics.add('sluice_auth_failures_total', [reason]);
  return new SluiceError(reason);
}

function buildContext(
  { clock, defaultTimeoutMs: timeoutMs = defaultTimeoutMs }: RpcServerOptions,
  call: IncomingCall,
  requestId: string,
  { tenantId, keyId }: Principal,
): CallContext {
  const nowMs = clock.now();
  const deadlineMs = Number(call.getDeadline());
  const deadlineAtMs = Math.min(Number.isFinite(deadlineMs) ? deadlineMs : nowMs + timeoutMs, nowMs + maxTimeoutMs);
  const traceparent = text(call.metadata, 'traceparent');
  const tracestate = text(call.metadata, 'tracestate');
  const { canary, conversation } = routingHeaders;
  const routing = parseRoutingHints(all(call.metadata, canary), all(call.metadata, conversation));
  return present({ requestId, tenantId, keyId, deadlineAtMs, traceparent, tracestate, routing });
}

function peerCheck({ peers, requireApiKey }: RpcServerOptions): (call: IncomingCall) => boolean {
  if (peers === undefined) return () => !requireApiKey;
  const names = new Set(peers.certificateNames);
  const token = peers.token === undefined ? undefined : hash('sha256', peers.token, 'buffer');
  return (call) => {
    const presented = text(call.metadata, metadataKeys.peerToken);
    if (token !== undefined && presented !== undefined) {
      // Both sides hashed: equal lengths, and the time tells nothing about the token.
      if (timingSafeEqual(token, hash('sha256', presented, 'buffer'))) return true;
    }
    return names.size > 0 && certificateNames(call).some((name) => names.has(name));
  };
}

/**
 * DNS names and URIs of the verified client certificate. Node.js quotes a name that holds a separator, so the list is read
 * entry by entry: a name with a comma in it cannot pose as two.
 */
function certificateNames(call: IncomingCall): string[] {
  const list = call.getAuthContext().sslPeerCertificate?.subjectaltname ?? '';
  return [...list.matchAll(/(?:^|, )([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^,"]*)/gy)]
    .filter(([, kind]) => kind === 'DNS' || kind === 'URI')
    .map(([, , name]) => name ?? '');
}

/** Every value of a key, as HTTP joins them. */
function all(metadata: Metadata, key: string): string | undefined {
  const values = metadata.get(key);
  return values.length === 0 ? undefined : values.join(', ');
}

function text(metadata: Metadata, key: string): string | undefined {
  const [value] = metadata.get(key);
  return typeof value === 'string' && value !== '' ? value : undefined;
}
