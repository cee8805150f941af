// Loaded into the Portkey gateway before its own code. It listens on all interfaces and has no option for it: keep it on
// 127.0.0.1. And it makes the headers of a streamed answer mutable, without which version 1.15.2 answers every stream with 500
// ("TypeError: immutable", its issue 1389); answers that are not streams pass untouched.
'use strict';

const { Server } = require('node:net');

const listen = Server.prototype.listen;
Server.prototype.listen = function (port, ...rest) {
  if (typeof port !== 'number') return listen.call(this, { ...port, host: '127.0.0.1' }, ...rest);
  return listen.call(this, { port, host: '127.0.0.1' }, ...rest.filter((argument) => typeof argument === 'function'));
};

const originalFetch = globalThis.fetch;
globalThis.fetch = async (...args) => {
  const response = await originalFetch(...args);
  if (response.headers.get('content-type')?.startsWith('text/event-stream') !== true) return response;
  const { body, status, statusText, headers } = response;
  return new Response(body, { status, statusText, headers: new Headers(headers) });
};
