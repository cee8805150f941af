import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { redactBody, redactRequestHeaders, redactResponseHeaders, redactUrl, secretsOf } from './redact.ts';

test('redact: headers are kept by list, and what was left out is named', () => {
  const { kept, removed } = redactRequestHeaders({
    host: 'api.openai.com',
    'content-type': 'application/json',
    'openai-beta': 'assistants=v2',
    authorization: 'Bearer sk-abcdefgh12345678',
    'x-invented-tomorrow': 'account 7',
  });
  assert.deepEqual(kept, { 'content-type': 'application/json', 'openai-beta': 'assistants=v2' });
  assert.deepEqual(removed, ['authorization', 'x-invented-tomorrow']);
  const answer = redactResponseHeaders({
    'content-type': 'text/event-stream',
    'set-cookie': ['a=1', 'b=2'],
    'openai-organization': 'org-a',
    'x-ratelimit-remaining-tokens': '7',
    'retry-after-ms': '20',
  });
  assert.deepEqual(Object.keys(answer.kept), ['content-type', 'x-ratelimit-remaining-tokens', 'retry-after-ms']);
  assert.deepEqual(answer.removed, ['set-cookie', 'openai-organization']);
});

test('redact: values in an address are kept by list', () => {
  const url = 'https://g.example/v1beta/models/m:streamGenerateContent?alt=sse&key=AIzaSyA-1234567890';
  assert.equal(redactUrl(url), 'https://g.example/v1beta/models/m:streamGenerateContent?alt=sse&key=redacted');
});

test('redact: a call’s own credentials are found in its bodies, whatever they look like', () => {
  const url = 'https://v.example/x?key=plain-words-key';
  const secrets = secretsOf(
    { authorization: 'Bearer my secret9', 'x-api-key': 'tr0ub4dor&3', accept: 'any/thing' },
    url,
  );
  const { body, found } = redactBody(Buffer.from('{"a":"tr0ub4dor&3","b":"plain-words-key","c":"any/thing"}'), secrets);
  assert.equal(body.toString(), '{"a":"xxxxxxxxxxx","b":"xxxxxxxxxxxxxxx","c":"any/thing"}');
  assert.equal(found, 2);
});

test('redact: keys and names of accounts of every vendor are blotted out, ordinary words are not', () => {
  for (const secret of [
    'sk-proj-abcdefghijklmnop',
    'AIzaSyA1234567890abcdefghij',
    'ya29.a0AfH6SMBx-y',
    'AKIAIOSFODNN7EXAMPLE',
    'eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0dXJl',
    'org-AbCdEfGhIjKl',
    'proj_AbCdEfGhIjKl',
    'ghp_0123456789abcdefghijABCDEFGHIJ012345',
    'acct_1A2B3C4D5E6F7G8H',
    'worker@my-proj.iam.gserviceaccount.com',
  ]) {
    const { body } = redactBody(Buffer.from(`{"message":"Wrong: ${secret}"}`), []);
    assert.equal(body.toString(), `{"message":"Wrong: ${'x'.repeat(secret.length)}"}`);
  }
  const text =
    '{"id":"chatcmpl-9x","model":"gpt-5-mini-2025","content":"risk-taking, user-authentication, the bearer of eyJkaWFsZWN0Ijoib3BlbmFpIn0, Grüße 東京"}';
  assert.equal(redactBody(Buffer.from(text), []).found, 0);
});

test('redact: the name of a project is taken out of addresses and bodies, and what it is the name of stays', () => {
  const path = 'https://g.example/v1/projects/my-proj-123/locations/us/x:generateContent';
  assert.equal(
    redactBody(Buffer.from(path), []).body.toString(),
    'https://g.example/v1/projects/xxxxxxxxxxx/locations/us/x:generateContent',
  );
});

test('redact: a body keeps its length in bytes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string({ minLength: 8 }), (text, secret) => {
      const before = Buffer.from(text + secret + text);
      const { body } = redactBody(before, [secret]);
      assert.equal(body.length, before.length);
      assert.ok(!body.includes(Buffer.from(secret)) || /^x+$/.test(secret));
    }),
  );
});
