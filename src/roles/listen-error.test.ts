import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SluiceError } from '../core/error.ts';
import { listenError } from './listen-error.ts';

const address = { host: '127.0.0.1', port: 8080 };

test('listen error: says which listener, why and what to do, however the failure came', () => {
  const expected =
    'Cannot listen on 127.0.0.1:8080 (listen.http): something else listens there. Choose another with --set listen.http=127.0.0.1:PORT; port 0 is any free one.';
  const fromNode = new Error('listen EADDRINUSE: address already in use 127.0.0.1:8080');
  assert.equal(listenError('http', address, fromNode).message, expected);
  const fromGrpc = new SluiceError('config_invalid', { detail: 'No address added out of total 1: EADDRINUSE' });
  assert.equal(listenError('http', address, fromGrpc).message, expected);
});

test('listen error: an unknown cause is repeated', () => {
  assert.match(
    listenError('grpc', address, new Error('no such device')).message,
    /\(listen\.grpc\): .*no such device\./,
  );
});
