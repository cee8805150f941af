// Unary calls over one gRPC channel: turns, credentials, time limits, cancellation and failures. What is called is handed in.

import { type Client, type ClientUnaryCall, connectivityState, Metadata, type ServiceError } from '@grpc/grpc-js';
import { abortReason, SluiceError, toSluiceError } from '../../core/error.ts';
import type { Clock, Timer } from '../../ports/clock.ts';
import type { ModelCall } from '../../ports/model.ts';
import type { Log } from '../../telemetry/log.ts';
import { type CredentialOptions, createCredentials } from '../transport/credentials.ts';
import { unlessAborted } from '../transport/unless-aborted.ts';
import type { FailureContext } from '../transport/vendor-error.ts';
import { CallSlots } from './call-slots.ts';
import { failureOfStatus } from './errors.ts';
import { type ClientTls, type GrpcAddress, openChannel } from './grpc-channel.ts';

/** What a caller is made of. */
export interface GrpcCallerOptions extends CredentialOptions {
  /** The provider's name in the configuration. */
  readonly name: string;
  readonly address: GrpcAddress;
  /** Reads the certificates, once. */
  readonly tls?: (() => Promise<ClientTls>) | undefined;
  readonly concurrency: number;
  /** The system's clock: gRPC deadlines are moments of real time. */
  readonly clock: Clock;
  readonly log: Log;
}

/** A method as generated code describes it. */
export interface GrpcMethod<Request, Response> {
  readonly path: string;
  readonly requestSerialize: (request: Request) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => Response;
}

/** Calls methods. */
export interface GrpcCaller {
  call<Request, Response>(method: GrpcMethod<Request, Response>, request: Request, call: ModelCall): Promise<Response>;
  /** Resolves when certificates and credentials have been read. The network is not asked. */
  ready(): Promise<void>;
  /** Ends calls under way and waiting with `draining`, and the connection. */
  close(): void;
}

/** Opens nothing before the first call. */
export function createGrpcCaller(options: GrpcCallerOptions): GrpcCaller {
  return new ChannelCaller(options);
}

class ChannelCaller implements GrpcCaller {
  readonly #options: GrpcCallerOptions;
  readonly #credentials: ReturnType<typeof createCredentials>;
  readonly #slots: CallSlots;
  readonly #underWay: Set<(error: SluiceError) => void> = new Set();
  #isClosed: boolean = false;
  #channel: Promise<Client> | undefined;

  constructor(options: GrpcCallerOptions) {
    this.#options = options;
    this.#credentials = createCredentials(options);
    this.#slots = new CallSlots(options.concurrency, options.clock);
  }

  async call<Request, Response>(
    method: GrpcMethod<Request, Response>,
    request: Request,
    call: ModelCall,
  ): Promise<Response> {
    const { timeouts, signal } = call;
    const deadlineMs = this.#options.clock.now() + timeouts.totalMs;
    if (this.#isClosed) throw new SluiceError('draining');
    await this.#slots.acquire(signal, Math.min(timeouts.connectMs, timeouts.totalMs));
    try {
      const channel = await unlessAborted(this.#prepare(), signal);
      const { key } = this.#credentials;
      try {
        return await this.#attempt(channel, method, request, call, deadlineMs);
      } catch (failure) {
        const isRefused = failure instanceof SluiceError && failure.upstream?.code === 'UNAUTHENTICATED';
        if (!isRefused || key === undefined) throw failure;
        // A call that was refused for its credentials has not run: sending it again is no second attempt.
        const isRenewed = await unlessAborted(this.#credentials.renew(key), signal);
        this.#options.log.warn(
          { provider: this.#options.name, isRenewed },
          'the provider refused the API key; it was read again',
        );
        if (!isRenewed) throw failure;
        return await this.#attempt(channel, method, request, call, deadlineMs);
      }
    } finally {
      this.#slots.release();
    }
  }

  async ready(): Promise<void> {
    await this.#prepare();
  }

  close(): void {
    this.#isClosed = true;
    this.#slots.close();
    for (const fail of [...this.#underWay]) fail(new SluiceError('draining'));
    // A channel that never came to be needs no closing.
    void this.#channel?.then((channel) => channel.close()).catch(() => undefined);
  }

  /** The channel, with credentials at hand. A failure to read either is tried again at the next call. */
  async #prepare(): Promise<Client> {
    this.#channel ??= this.#open();
    const [channel] = await Promise.all([this.#channel, this.#credentials.load()]);
    return channel;
  }

  async #open(): Promise<Client> {
    try {
      const tls = await this.#options.tls?.();
      return openChannel(this.#options.address, tls);
    } catch (failure) {
      this.#channel = undefined;
      throw failure;
    }
  }

  #attempt<Request, Response>(
    channel: Client,
    method: GrpcMethod<Request, Response>,
    request: Request,
    call: ModelCall,
    deadlineMs: number,
  ): Promise<Response> {
    if (this.#isClosed) return Promise.reject(new SluiceError('draining'));
    const { promise, resolve, reject } = Promise.withResolvers<Response>();
    let sent: ClientUnaryCall | undefined;
    const fail = (error: SluiceError): void => {
      reject(error);
      sent?.cancel();
    };
    const release = this.#guard(channel, call, fail);
    const answered = (failure: ServiceError | null, response?: Response): void => {
      if (failure !== null) reject(failureOfStatus(failure, this.#failureContext(call)));
      else if (response === undefined) reject(new SluiceError('upstream_malformed', { detail: 'no message' }));
      else resolve(response);
    };
    const { path, requestSerialize, responseDeserialize } = method;
    try {
      const limits = { deadline: deadlineMs };
      const metadata = this.#metadata(call);
      sent = channel.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, metadata, limits, answered);
    } catch (thrown) {
      reject(toSluiceError(thrown));
    }
    return promise.finally(release);
  }

  /** Calls `fail` when the signal aborts, the caller is closed or the connection takes too long; until it is released. */
  #guard(channel: Client, { signal, timeouts, model }: ModelCall, fail: (error: SluiceError) => void): () => void {
    const onAbort = (): void => fail(abortReason(signal));
    signal.addEventListener('abort', onAbort);
    this.#underWay.add(fail);
    const connecting = this.#watchConnection(channel, timeouts.connectMs, () => {
      const upstream = { target: `${this.#options.name}/${model}` };
      fail(new SluiceError('upstream_timeout', { detail: `no connection within ${timeouts.connectMs} ms`, upstream }));
    });
    return () => {
      connecting?.cancel();
      this.#underWay.delete(fail);
      signal.removeEventListener('abort', onAbort);
    };
  }

  /** A connection that hangs ends the call after `connectMs`; one that is refused makes it fail by itself, at once. */
  #watchConnection(channel: Client, connectMs: number, onHang: () => void): Timer | undefined {
    const isConnected = (connect: boolean): boolean =>
      channel.getChannel().getConnectivityState(connect) === connectivityState.READY;
    if (isConnected(true)) return undefined;
    return this.#options.clock.setTimer(connectMs, () => {
      if (!isConnected(false)) onHang();
    });
  }

  #failureContext({ model }: ModelCall): FailureContext {
    const { name, address, clock } = this.#options;
    const secrets = [address.authority, ...this.#credentials.secrets];
    return { target: `${name}/${model}`, secrets, nowMs: clock.now() };
  }

  #metadata({ context }: ModelCall): Metadata {
    const metadata = new Metadata();
    const { headers } = this.#credentials;
    for (let at = 0; at + 1 < headers.length; at += 2) {
      const [name = '', value = ''] = headers.slice(at, at + 2);
      if (!transportHeaders.has(name)) metadata.set(name, value);
    }
    metadata.set('x-request-id', context.requestId);
    if (context.traceparent !== undefined) metadata.set('traceparent', context.traceparent);
    if (context.tracestate !== undefined) metadata.set('tracestate', context.tracestate);
    return metadata;
  }
}

/** Headers of plain HTTP that gRPC sets itself. */
const transportHeaders: ReadonlySet<string> = new Set(['content-type', 'accept-encoding', 'user-agent']);
