// The repair of portkey-preload.cjs for every answer, not only for streams: as installed, version 1.15.2 also answers OpenAI's
// embeddings with 500, for the same reason.
'use strict';

require('./portkey-preload.cjs');

const repaired = globalThis.fetch;
globalThis.fetch = async (...args) => {
  const { body, status, statusText, headers } = await repaired(...args);
  return new Response(body, { status, statusText, headers: new Headers(headers) });
};
