// What no caller may read, whatever a vendor says: this server's keys, accounts, projects and addresses, request ids of the
// vendor, error pages, stack traces. Secrets are planted into bodies of all vendors' forms, and must not come out.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { SluiceError } from '../../src/core/error.ts';
import type { JsonObject } from '../../src/core/json.ts';
import * as anthropic from '../../src/providers/anthropic/errors.ts';
import { failureOfEvent } from '../../src/providers/openai/responses/failure.ts';
import * as openAi from '../../src/providers/openai-compatible/errors.ts';
import type { FailureContext } from '../../src/providers/transport/vendor-error.ts';
import * as vertex from '../../src/providers/vertex/errors.ts';

const keyInUse = 'a-key-of-no-known-form';
const context: FailureContext = {
  target: 'p/m',
  secrets: [keyInUse, 'vllm.internal:8000', 'demo-project'],
  nowMs: 0,
};

/** Each with a part of it that must be nowhere. */
const secrets: readonly (readonly [text: string, forbidden: RegExp])[] = [
  [keyInUse, /a-key-of-no/],
  ['sk-proj-AbCdEf123456_x-y', /AbCdEf/],
  ['sk-ant-api03-AAAA_bbbb-CCCC', /ant-api03/],
  ['AIzaSyA1234567890abcdef-_x', /AIza/],
  ['ya29.a0AfH6SMBx-y_z', /ya29|AfH6/],
  ['AKIAIOSFODNN7EXAMPLE', /AKIA|IOSFOD/],
  ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl', /eyJ|c2ln/],
  ['Bearer abc.def-ghi', /abc\.def/],
  ['org-Abc123XYZ', /Abc123/],
  ['organization `acme-corp`', /acme/],
  ['organization: acme42', /acme/],
  ['projects/acme-prod-7', /acme/],
  ['project_number:123456789', /123456789/],
  ['project 12345678', /12345678/],
  ['subscription 0f8fad5b-d9cb-469f-a165-70867728950e', /469f/],
  ['req_011CVa2kdYoBWtrYYX7mqJjX', /011CVa/],
  ['request id: 2d4609a6-d1f9-4cf4-8d09-af865409bdc2', /4cf4/],
  ['someone@example.org', /someone@/],
  ['http://vllm.internal:8000/v1', /vllm\.internal/],
  ['10.11.12.13:8000', /10\.11/],
  ['[fe80::1]:8000', /fe80/],
  ['fd00:1:2:3:4:5:6:7', /fd00|:5:6/],
  ['::1', /::1/],
];

const plantedText = fc.tuple(
  fc.constantFrom(...secrets),
  fc.constantFrom('', 'Bad thing: ', 'models/x was not found for ', 'prompt is too long in '),
  fc.constantFrom('', ' happened.', ", said 'x'.", '\nMore words.'),
);

/** Forms of error bodies by vendor and by whatever stands before vendors. */
const forms: readonly ((text: string, word: string) => string)[] = [
  (text, word) => JSON.stringify({ error: { message: text, type: 'invalid_request_error', code: word, param: word } }),
  (text, word) => JSON.stringify({ error: { message: 'Words.', type: word, code: text, param: text } }),
  (text) => JSON.stringify({ error: text, error_type: text }),
  (text) => JSON.stringify({ object: 'error', message: text, type: text, code: text }),
  (text) => JSON.stringify({ detail: [{ msg: text, loc: ['body', text] }] }),
  (text) => JSON.stringify({ message: text, request_id: text }),
  (text) => JSON.stringify({ type: 'error', error: { type: text, message: text, details: { error_code: text } } }),
  (text) => JSON.stringify([{ error: { code: 400, status: 'INVALID_ARGUMENT', message: text } }]),
  (text) => JSON.stringify({ error: { code: 404, status: text, message: text, details: [{ detail: text }] } }),
  (text) => JSON.stringify({ error: 'invalid_grant', error_description: text }),
  (text) => `<!DOCTYPE html><html><head><title>Error</title></head><body>nginx ${text}</body></html>`,
  (text) => `upstream connect error: ${text}`,
  (text) => `{"error": {"message": "${text.replaceAll('"', '').slice(0, 30)}`,
];

/** Everything that a failure shows to a caller in any dialect. */
const shownBy = ({ message, param, upstream }: SluiceError): string =>
  JSON.stringify({ message, param, type: upstream?.type, code: upstream?.code });

function failuresOf(status: number, body: string): SluiceError[] {
  const failures = [
    openAi.failureOf(status, {}, body, context),
    anthropic.failureOf(status, {}, body, context),
    vertex.failureOf({ status, headers: {}, body }, context),
  ];
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return failures;
  }
  const object = (Array.isArray(parsed) ? parsed[0] : parsed) as JsonObject;
  return [
    ...failures,
    openAi.embeddedFailureOf(object, context),
    anthropic.embeddedFailureOf(object, context),
    vertex.embeddedFailureOf(object, context),
    failureOfEvent({ type: 'error', ...object }, context),
  ];
}

test('hidden words: no planted secret is shown by any vendor’s failure, in any form of body', () => {
  const status = fc.constantFrom(200, 302, 400, 401, 403, 404, 413, 422, 429, 500, 503, 529);
  const property = fc.property(plantedText, fc.constantFrom(...forms), status, (planted, form, code) => {
    const [[secret, forbidden], before, after] = planted;
    for (const failure of failuresOf(code, form(`${before}${secret}${after}`, secret))) {
      assert.doesNotMatch(shownBy(failure), forbidden, failure.reason);
    }
  });
  fc.assert(property, { numRuns: 3000 });
});

test('hidden words: a secret that is cut with a long text is not shown by its half', () => {
  for (let filler = 1900; filler < 2010; filler += 1) {
    // What is redacted before the cut makes room for what stands at it.
    const text = `${'x sk-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa '.repeat(50).slice(0, filler)} ${keyInUse} and so on`;
    for (const failure of failuresOf(400, JSON.stringify({ error: { message: text } }))) {
      assert.doesNotMatch(shownBy(failure), /a-key|aaaa/, String(filler));
    }
  }
});

test('hidden words: stack traces are never shown, nor what stands around them', () => {
  const traces = [
    'Error: boom\n    at handler (/srv/app/server.js:10:5)',
    'boom at handler (server.js:10:5)',
    'java.lang.NullPointerException at com.acme.Handler.run(Handler.java:42)',
    'Traceback (most recent call last):\n  File "/srv/app/main.py", line 3, in run',
    "app.rb:12:in `call'",
    'System.Exception: x\n   at Acme.Run() in C:\\app\\Run.cs:line 12',
    "thread 'main' panicked at src/main.rs:4:5",
    'panic: x\n\ngoroutine 1 [running]:',
  ];
  for (const trace of traces) {
    for (const status of [400, 404, 422]) {
      for (const failure of failuresOf(status, JSON.stringify({ error: { message: trace } }))) {
        assert.doesNotMatch(shownBy(failure), /srv|Handler|app|Acme|main|goroutine/, trace);
      }
    }
  }
});

test('hidden words: what a caller needs to mend the request stays', () => {
  const kept = [
    "Unsupported parameter: 'temperature' is not supported with this model.",
    "Invalid 'max_tokens': integer below minimum value. Expected a value >= 0, but got -1 instead.",
    'models/unknown is not found for API version v1, or is not supported for GenerateContent.',
    'Error while downloading https://source.unsplash.com/8xznAGy4HcY/800x400.',
    'messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: toolu_01A.',
    'No tool output found for tool call call-a.',
    'Your organization must be verified to use the model `o3`.',
    'The request is too large: 210000 tokens in 3 messages.',
  ];
  for (const message of kept) {
    for (const failure of failuresOf(422, JSON.stringify({ error: { message } })).slice(0, 3)) {
      assert.equal(failure.message, message);
    }
  }
});
