// The parts of sluice.yaml that say how a connection is encrypted, from either side.

import { z } from 'zod';
import type { ClientTlsConfig, ServerTlsConfig } from './config.ts';
import { path, text } from './values.ts';

/** TLS towards a server. */
export const clientTls: z.ZodType<ClientTlsConfig, ClientTlsConfig> = z
  .strictObject({
    ca: path('PEM of who is trusted. Default: the roots that come with Node.').exactOptional(),
    cert: path('PEM of the client certificate, for mTLS.').exactOptional(),
    key: path('PEM of its key.').exactOptional(),
    serverName: text('a host name', 'The name in the certificate, where it differs from the host.').exactOptional(),
  })
  .refine((tls) => (tls.cert === undefined) === (tls.key === undefined), 'both cert and key, or neither')
  .describe('TLS towards a server. Absent: plaintext, unless the address says grpcs.');

/** TLS of a listener. */
export const serverTls: z.ZodType<ServerTlsConfig, ServerTlsConfig> = z.strictObject({
  cert: path('PEM of the certificate of the server.'),
  key: path('PEM of its key.'),
  clientCa: path('PEM of an authority: only clients with a certificate of it are served (mTLS).').exactOptional(),
});
