import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeProof, encodeProof, type ReasoningProof } from './reasoning-proof.ts';

test('reasoning proof: comes back byte for byte', () => {
  const proof = fc.record(
    { signature: fc.string({ unit: 'binary' }), encrypted: fc.string() },
    { requiredKeys: [], noNullPrototype: true },
  );
  fc.assert(
    fc.property(proof, (given) => {
      const value = encodeProof(given as ReasoningProof);
      assert.deepEqual(value === undefined ? {} : decodeProof(value), given);
    }),
  );
  assert.equal(encodeProof({}), undefined);
});

test('reasoning proof: OpenAI’s own value is none, and one that was tampered with proves nothing', () => {
  assert.equal(decodeProof('gAAAAABo'), undefined);
  assert.deepEqual(decodeProof('sluice-reasoning.!!'), {});
  assert.deepEqual(decodeProof(`sluice-reasoning.${Buffer.from('[1]').toString('base64url')}`), {});
  const odd = Buffer.from('{"signature":5,"extra":[]}').toString('base64url');
  assert.deepEqual(decodeProof(`sluice-reasoning.${odd}`), {});
});
