import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SluiceError } from '../../core/error.ts';
import { parseInferCall } from './infer-body.ts';

const input = { name: 'x', datatype: 'FP32', shape: [1], data: [1] };

function paramOf(body: object): string | undefined {
  try {
    parseInferCall(Buffer.from(JSON.stringify(body)), undefined, { model: 'm', version: '', action: 'infer' }, 20);
    return undefined;
  } catch (error) {
    assert.ok(error instanceof SluiceError && error.reason === 'invalid_request', String(error));
    return error.param;
  }
}

test('infer body: a field that the protocol has not is refused by its place, and parameters are free', () => {
  assert.equal(paramOf({ inputs: [{ ...input, parameters: { q: 1 } }], parameters: { own: 'x' } }), undefined);
  assert.equal(paramOf({ inputs: [input], zzz: 1 }), 'zzz');
  assert.equal(paramOf({ inputs: [{ ...input, zzz: 1 }] }), 'inputs[0].zzz');
  assert.equal(paramOf({ inputs: [input], outputs: [{ name: 'y', zzz: 1 }] }), 'outputs[0].zzz');
});
