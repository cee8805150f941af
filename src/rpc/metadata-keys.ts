// Names of the metadata that Sluice reads and sends beside the standard `authorization`, `traceparent` and `tracestate`, and beside
// those of core/routing-hints.ts.

/** Keys of gRPC metadata. `tenantId` and `keyId` are believed of peers only. */
export const metadataKeys = {
  requestId: 'x-sluice-request-id',
  tenantId: 'sluice-tenant-id',
  keyId: 'sluice-key-id',
  peerToken: 'sluice-peer-token',
} as const;
