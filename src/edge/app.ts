// The Fastify server of the edge. It routes, and keeps the order of the steps: begin the call, read its body, run its route,
// write the answer. Each step lives in its own file.

import type { Server } from 'node:http';
import Fastify, {
  type FastifyHttpOptions,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import { SluiceError, toSluiceError } from '../core/error.ts';
import type { Ids } from '../ports/ids.ts';
import type { AcceptedBodies } from './accepted-bodies.ts';
import { failCall } from './answer.ts';
import { beginCall } from './begin-call.ts';
import { EdgeCall } from './call.ts';
import { createClientErrorHandler } from './client-error.ts';
import { connectionCheckIntervalMs, type EdgeLimits, maxModelNameLength } from './defaults.ts';
import type { EdgeDialect, EdgeRoute } from './dialect.ts';
import type { DialectTable } from './dialects.ts';
import type { ErrorStyle } from './error-style.ts';
import { hasBody, maxBytesOf, readBody } from './read-body.ts';
import { runRoute } from './run-route.ts';
import type { EdgeRuntime } from './runtime.ts';

/** Methods that a path can be asked with; those without a route answer 405. */
const knownMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

/** Makes the server with every route of every dialect. It does not listen yet. */
export function createEdgeApp(runtime: EdgeRuntime, dialects: DialectTable, ids: Ids): FastifyInstance {
  const app = Fastify({
    ...serverOptions(runtime.limits),
    genReqId: () => ids.next('req_'),
    clientErrorHandler: createClientErrorHandler(runtime, ids),
    frameworkErrors: (error, request, reply) => refuseUnrouted(request, reply, fromFramework(error)),
  });
  app.server.maxConnections = runtime.limits.maxConnections;
  continueOnlyWhatFits(app, runtime.limits);
  app.removeAllContentTypeParsers();
  // Fastify reads a body only where the path or the method is wrong, and there it is of no interest.
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
  app.setErrorHandler((error, request, reply) => refuseUnrouted(request, reply, fromFramework(error)));
  app.setNotFoundHandler((request, reply) => {
    const message = `There is no route ${request.method} ${pathOf(request.url)}.`;
    refuseUnrouted(request, reply, new SluiceError('route_not_found', { message }));
  });
  for (const dialect of dialects.all) {
    for (const route of dialect.routes) addRoute(app, runtime, dialect, route);
    for (const path of new Set(dialect.routes.map((route) => route.path)))
      refuseOtherMethods(app, runtime, dialect, path);
  }
  return app;

  /** Refuses what no route took. Its label in the metrics must not be the caller's to choose. */
  function refuseUnrouted(request: FastifyRequest, reply: FastifyReply, error: SluiceError): void {
    refuse(openCall(runtime, dialects.ownerOf(request.url), 'unmatched', request, reply), reply, error);
  }
}

function serverOptions(limits: EdgeLimits): FastifyHttpOptions<Server> {
  return {
    logger: false,
    bodyLimit: limits.maxBodyBytes,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    forceCloseConnections: true,
    // Fastify's own refusal has a fixed body; a drain refuses calls itself (begin-call.ts), in the dialect of their route.
    return503OnClosing: false,
    exposeHeadRoutes: true,
    routerOptions: { maxParamLength: maxModelNameLength, ignoreTrailingSlash: true },
    http: {
      insecureHTTPParser: false,
      // Checked in begin-call.ts, where the refusal gets a body.
      requireHostHeader: false,
      maxHeaderSize: limits.maxHeaderBytes,
      headersTimeout: limits.headersTimeoutMs,
      connectionsCheckingInterval: connectionCheckIntervalMs,
      noDelay: true,
    },
  };
}

/** Without a "100 Continue" the client keeps a body back that would be refused for its length anyway. */
function continueOnlyWhatFits(app: FastifyInstance, limits: EdgeLimits): void {
  app.server.on('checkContinue', (request, response) => {
    const { headers } = request;
    if (Number(headers['content-length'] ?? 0) <= maxBytesOf(headers, limits)) response.writeContinue();
    // Nobody could tell a body that comes all the same from the next request.
    else response.shouldKeepAlive = false;
    app.server.emit('request', request, response);
  });
  // RFC 9110 §10.1.1 lets a server pass over expectations that it does not know; Node would answer a 417 without a body.
  app.server.on('checkExpectation', (request, response) => void app.server.emit('request', request, response));
}

/**
 * A call is ours from Fastify's first hook on: its hooks and parsers for the body, and its way to send, cost 18 µs of CPU a call
 * (docs/adr/0007) and cannot stream with back-pressure. What is left to Fastify is to route.
 */
function addRoute(app: FastifyInstance, runtime: EdgeRuntime, dialect: EdgeDialect, route: EdgeRoute): void {
  app.route({
    method: route.method,
    url: route.path,
    onRequest: (request, reply) => {
      const style = route.errorStyleOf?.(request.headers) ?? dialect;
      const call = openCall(runtime, style, route.path, request, reply, route.accepts);
      reply.hijack();
      const onRefusal = (thrown: unknown): void => failCall(call, toSluiceError(thrown));
      try {
        const begun = beginCall(call, route.access);
        if (begun === undefined) answerCall(call, route);
        else begun.then(() => answerCall(call, route)).catch(onRefusal);
      } catch (thrown) {
        onRefusal(thrown);
      }
    },
    handler: unreached,
  });
}

/** The steps of a call that was let in. */
function answerCall(call: EdgeCall, route: EdgeRoute): void {
  const proceed = (error: SluiceError | null): void => {
    if (error === null) runRoute(call, route);
    else failCall(call, error);
  };
  if (hasBody(call.request)) readBody(call, proceed);
  else proceed(null);
}

/** A route must have a handler, but the hook above never calls its `done`. */
function unreached(): never {
  throw new SluiceError('internal', { detail: 'a hijacked request went on' });
}

function refuseOtherMethods(app: FastifyInstance, runtime: EdgeRuntime, dialect: EdgeDialect, path: string): void {
  const methods = new Set<string>();
  for (const route of dialect.routes) if (route.path === path) methods.add(route.method);
  if (methods.has('GET')) methods.add('HEAD');
  const allow = [...methods].join(', ');
  app.route({
    method: knownMethods.filter((method) => !methods.has(method)),
    url: path,
    handler: (request, reply) => {
      const call = openCall(runtime, dialect, path, request, reply);
      call.allow = allow;
      const message = `${request.method} is not possible here; use ${allow}.`;
      refuse(call, reply, new SluiceError('method_not_allowed', { message }));
    },
  });
}

function openCall(
  runtime: EdgeRuntime,
  errorStyle: ErrorStyle,
  route: string,
  request: FastifyRequest,
  reply: FastifyReply,
  accepts?: AcceptedBodies,
): EdgeCall {
  const call = new EdgeCall({
    runtime,
    errorStyle,
    route,
    request: request.raw,
    response: reply.raw,
    parameters: request.params as Readonly<Record<string, string>>,
    requestId: request.id,
    accepts,
  });
  call.onAbort = failCall;
  return call;
}

function refuse(call: EdgeCall, reply: FastifyReply, error: SluiceError): void {
  reply.hijack();
  failCall(call, error);
}

/** Errors that Fastify raises before a route's own code runs. */
function fromFramework(error: unknown): SluiceError {
  if (error instanceof SluiceError) return error;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return new SluiceError('unsupported_media_type');
  if (code === 'FST_ERR_BAD_URL')
    return new SluiceError('invalid_request', { message: 'The path is not a valid URL.' });
  if (code === 'FST_ERR_MAX_PARAM_LENGTH')
    return new SluiceError('route_not_found', { message: 'The path is too long.' });
  return toSluiceError(error);
}

function pathOf(url: string): string {
  return url.split(/[?#]/, 1)[0]?.slice(0, 200) ?? '';
}
