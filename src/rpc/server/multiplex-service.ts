// sluice.internal.v1.Multiplex: accepts the long-lived streams of our own roles, and winds them up when the server stops.

import type { ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';
import { SluiceError } from '../../core/error.ts';
import { asBuffer } from '../codec/bytes.ts';
import { errorToStatus } from '../error-codec.ts';
import { MultiplexService } from '../generated/sluice/internal/v1/multiplex.ts';
import { MultiplexSession, type MultiplexSessionOptions, type SessionStream } from './multiplex-session.ts';

/** The service and its streams. */
export interface MultiplexEndpoint {
  readonly definition: ServiceDefinition;
  readonly implementation: UntypedServiceImplementation;
  /** Tells every peer to start no further call here. */
  goAway(): void;
  /** Ends every stream, after what waits to be sent. Calls must have been ended before. */
  end(): void;
}

/** The session encodes frames one by one, so the service writes bytes. */
const definition = { connect: { ...MultiplexService.connect, responseSerialize: asBuffer } };

/** An endpoint without streams. */
export function createMultiplexEndpoint(options: MultiplexSessionOptions): MultiplexEndpoint {
  const sessions = new Set<MultiplexSession>();
  const connect = (stream: SessionStream): void => {
    const refusal = refuse(options, stream);
    if (refusal !== undefined) {
      stream.emit('error', errorToStatus(refusal));
      return;
    }
    const session = new MultiplexSession(options, stream, () => sessions.delete(session));
    sessions.add(session);
  };
  return {
    definition,
    implementation: { connect },
    goAway() {
      for (const session of sessions) session.goAway();
    },
    end() {
      for (const session of sessions) session.end();
    },
  };
}

function refuse({ callers, openCalls, log }: MultiplexSessionOptions, stream: SessionStream): SluiceError | undefined {
  if (openCalls.isDraining) return new SluiceError('draining');
  if (callers.isPeer(stream)) return undefined;
  log.warn({ peer: stream.getPeer() }, 'refused a multiplexed stream: not a peer');
  return new SluiceError('permission_denied', { message: 'This stream is only for the own roles of the server.' });
}
