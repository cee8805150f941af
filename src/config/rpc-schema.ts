// The parts of sluice.yaml about gRPC: what this process serves, and where it finds the inference service.

import { z } from 'zod';
import type { InferenceConfig, RpcConfig, RpcTransport } from './config.ts';
import { clientTls, serverTls } from './tls-schema.ts';
import { parseAddress, secretReference } from './values.ts';

/** A remote inference service; without a transport of its own it has that of `rpc`. */
export type ParsedInference = Omit<InferenceConfig, 'transport'> & { readonly transport?: RpcTransport };

/** What this process serves, and how its roles carry calls. */
export type ParsedRpc = RpcConfig & { readonly transport: RpcTransport };

const transport = z
  .enum(['multiplex', 'unary'])
  .describe('multiplex: one long-lived stream for all calls, between roles of Sluice. unary: one gRPC call each.');

const grpcForm = 'grpc://HOST:PORT, or grpcs://HOST:PORT for TLS';

const grpcUrl = z
  .string(grpcForm)
  .meta({ pattern: '^grpcs?://', examples: ['grpc://inference:8082'] })
  .transform((written, context) => {
    const match = /^(grpcs?):\/\/([^/]+)\/?$/.exec(written);
    const parsed = parseAddress(match?.[2] ?? '');
    if (parsed !== undefined && parsed.port > 0) return { address: parsed, isSecure: match?.[1] === 'grpcs' };
    context.addIssue({ code: 'custom', message: grpcForm, input: written });
    return z.NEVER;
  })
  .describe('Address of the service; grpcs for TLS.');

/** How the edge reaches the inference service, where that is another process. */
export const inference: z.ZodType<ParsedInference, unknown> = z.union(
  [
    grpcUrl.transform(({ address: at, isSecure }) => ({ address: at, ...(isSecure ? { tls: {} } : {}) })),
    z
      .strictObject({
        url: grpcUrl,
        transport: transport.exactOptional(),
        tls: clientTls.exactOptional(),
        peerToken: secretReference
          .exactOptional()
          .describe('Secret that makes this process a peer where the service asks for one (rpc.peerToken).'),
      })
      .transform(({ url, tls, ...rest }) => {
        const useTls = tls ?? (url.isSecure ? {} : undefined);
        return { ...rest, address: url.address, ...(useTls === undefined ? {} : { tls: useTls }) };
      }),
  ],
  `${grpcForm}, or a section with url, transport, tls, peerToken`,
);

/** The section `rpc`. */
export const rpc: z.ZodType<ParsedRpc, unknown> = z
  .strictObject({
    transport: transport.default('multiplex'),
    tls: serverTls.exactOptional().describe('TLS of the gRPC listener.'),
    allowPlaintext: z
      .boolean()
      .default(false)
      .describe('Allows plaintext beyond loopback, where the network encrypts.'),
    requireApiKey: z
      .enum(['auto', 'always', 'never'])
      .default('auto')
      .describe('auto: callers from other machines need an API key, unless a client certificate is required.'),
    peerToken: secretReference
      .exactOptional()
      .describe('Secret by which edges and workers are known as peers where callers need an API key.'),
  })
  .prefault({})
  .describe('gRPC between roles and for direct clients.');
