import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cutAt, evaluationDataMissing, evaluationRows } from '../../../test/fixtures/upstream-calls.ts';
import { SluiceError } from '../../core/error.ts';
import { SseParser } from './sse-parser.ts';

interface Event {
  readonly data: string;
  readonly type?: string;
  readonly id?: string;
}

function parse(chunks: readonly Buffer[], maxLineBytes: number = 1024): { events: Event[]; parser: SseParser } {
  const parser = new SseParser(maxLineBytes);
  const events: Event[] = [];
  for (const chunk of chunks) {
    parser.push(chunk);
    while (parser.read()) {
      events.push({
        data: parser.data,
        ...(parser.event === '' ? {} : { type: parser.event }),
        ...(parser.lastEventId === '' ? {} : { id: parser.lastEventId }),
      });
    }
  }
  return { events, parser };
}

interface Vector {
  readonly name: string;
  readonly chunks: readonly string[];
  readonly events: readonly Event[];
  readonly retry?: number;
}

const ownVectors: readonly Vector[] = [
  { name: 'one event', chunks: ['data: a\n\n'], events: [{ data: 'a' }] },
  { name: 'a line without a space or a value', chunks: ['data:a\ndata\n\n'], events: [{ data: 'a\n' }] },
  { name: 'carriage returns', chunks: ['data: a\rdata: b\r\r'], events: [{ data: 'a\nb' }] },
  { name: 'mixed line ends', chunks: ['data: a\r\ndata: b\rdata: c\n\r\n'], events: [{ data: 'a\nb\nc' }] },
  { name: 'a byte order mark', chunks: ['\uFEFFdata: a\n\n'], events: [{ data: 'a' }] },
  { name: 'comments', chunks: [': PROCESSING\n\n:\n\ndata: a\n: x\n\n'], events: [{ data: 'a' }] },
  { name: 'an event without data', chunks: ['event: ping\n\ndata: a\n\n'], events: [{ data: 'a' }] },
  {
    name: 'type, id and retry',
    chunks: ['id: 7\nretry: 250\nevent: error\ndata: {}\n\ndata: b\n\n'],
    events: [
      { data: '{}', type: 'error', id: '7' },
      { data: 'b', id: '7' },
    ],
    retry: 250,
  },
  { name: 'an id with a null', chunks: ['id: a\0b\ndata: a\n\n'], events: [{ data: 'a' }] },
  { name: 'no blank line at the end', chunks: ['data: a\n\ndata: b\n'], events: [{ data: 'a' }] },
  { name: 'a field that only begins like data', chunks: ['datax: a\ndata: b\n\n'], events: [{ data: 'b' }] },
  { name: 'characters of four bytes', chunks: ['data: 🗼東é\n\n'], events: [{ data: '🗼東é' }] },
];

function checkVector(vector: Vector): void {
  const bytes = Buffer.from(vector.chunks.join(''));
  const asGiven = parse(vector.chunks.map((chunk) => Buffer.from(chunk)));
  assert.deepEqual(asGiven.events, vector.events, vector.name);
  assert.equal(asGiven.parser.retryMs, vector.retry, vector.name);
  for (let at = 1; at < bytes.length; at += 1) {
    assert.deepEqual(parse(cutAt(bytes, [at])).events, vector.events, `${vector.name}, cut at ${at}`);
  }
  const single = [...bytes.keys()];
  assert.deepEqual(parse(cutAt(bytes, single)).events, vector.events, `${vector.name}, byte by byte`);
}

test('sse parser: reads our vectors however they are cut', () => {
  for (const vector of ownVectors) checkVector(vector);
});

test('sse parser: reads the public vectors however they are cut', { skip: evaluationDataMissing ?? false }, () => {
  const vectors = evaluationRows<Vector>('http/sse_vectors.jsonl.gz');
  assert.ok(vectors.length >= 40, `only ${vectors.length} vectors`);
  for (const vector of vectors) checkVector(vector);
});

test('sse parser: finds the same events in any text cut at random', () => {
  const piece = fc.constantFrom(
    'data',
    ':',
    ' ',
    '\n',
    '\r',
    '\r\n',
    'a',
    'é',
    '🗼',
    '\n\n',
    'event: x',
    'data: y',
    '\uFEFF',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), fc.array(fc.nat(200)), (pieces, cuts) => {
      const bytes = Buffer.from(pieces.join(''));
      assert.deepEqual(parse(cutAt(bytes, cuts)).events, parse([bytes]).events);
    }),
  );
});

test('sse parser: takes chunks while earlier ones are unread', () => {
  const parser = new SseParser(100);
  for (const chunk of ['data: a\n\nda', 'ta: b\n', '\n', 'data: c\n\n']) parser.push(Buffer.from(chunk));
  const found: string[] = [];
  while (parser.read()) found.push(parser.data);
  assert.deepEqual(found, ['a', 'b', 'c']);
});

test('sse parser: gives the event that the end of the body cut off to those who ask for it', () => {
  for (const [text, data] of [
    ['data: a\n\nevent: e\ndata: b\n', 'b'],
    ['data: a\n\nevent: e\ndata: b', 'b'],
    ['data: a\n\ndata: {"b":', '{"b":'],
    ['data: a\n\n', 'nothing'],
    ['data: a\n\n: comment', 'nothing'],
    ['data: a\n\ndat', 'fragment'],
    ['data: a\n\nevent: e\n', 'fragment'],
    ['data: a\n\n<html>502</html>', 'fragment'],
    ['data: a\n\ndata: b\n<html>', 'fragment'],
  ] as const) {
    const isEvent = data !== 'nothing' && data !== 'fragment';
    const parser = new SseParser(100);
    parser.push(Buffer.from(text));
    assert.equal(parser.read(), true);
    assert.equal(parser.read(), false);
    assert.equal(parser.readLast(), isEvent ? 'event' : data, text);
    if (isEvent) assert.equal(parser.data, data);
  }
});

test('sse parser: refuses a line or an event above the bound, and takes one at the bound', () => {
  const isMalformed = (error: unknown): boolean =>
    error instanceof SluiceError && error.reason === 'upstream_malformed';
  assert.equal(parse([Buffer.from(`data: ${'x'.repeat(94)}\n\n`)], 100).events.length, 1);
  assert.throws(() => parse([Buffer.from(`data: ${'x'.repeat(95)}\n\n`)], 100), isMalformed);
  assert.throws(() => parse([Buffer.from(`data: ${'x'.repeat(95)}`)], 100), isMalformed, 'before the line has ended');
  const halves = Array.from({ length: 30 }, () => Buffer.from('x'.repeat(50)));
  assert.throws(() => parse(halves, 100), isMalformed, 'in small chunks');
  assert.throws(() => parse([Buffer.from('data: 12345678\n'.repeat(20))], 100), isMalformed, 'one event of many lines');
  assert.throws(() => parse([Buffer.from(`:${'x'.repeat(100)}\n`)], 100), isMalformed, 'a comment');
});

test('sse parser: a line that arrives byte by byte costs linear time', () => {
  const bytes = 1_000_000;
  const parser = new SseParser(bytes + 10);
  const byte = Buffer.from('x');
  parser.push(Buffer.from('data: '));
  for (let sent = 0; sent < bytes; sent += 1) {
    parser.push(byte);
    assert.equal(parser.read(), false);
  }
  parser.push(Buffer.from('\n\n'));
  assert.equal(parser.read(), true);
  assert.equal(parser.data.length, bytes);
});
