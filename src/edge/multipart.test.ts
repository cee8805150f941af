import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SluiceError } from '../core/error.ts';
import { type FormLimits, parseMultipart } from './multipart.ts';

const limits: FormLimits = { maxFields: 3, maxFieldBytes: 20, maxFiles: 1 };
const contentType = 'multipart/form-data; boundary=frontier';

function form(...parts: readonly string[]): Buffer {
  return Buffer.from(`${parts.map((part) => `--frontier\r\n${part}\r\n`).join('')}--frontier--\r\n`, 'latin1');
}

function field(name: string, value: string): string {
  return `content-disposition: form-data; name="${name}"\r\n\r\n${value}`;
}

function file(bytes: string, fileName: string = 'a.wav'): string {
  return `content-disposition: form-data; name="file"; filename="${fileName}"\r\ncontent-type: audio/wav\r\n\r\n${bytes}`;
}

async function refusal(body: Buffer, type: string = contentType): Promise<SluiceError> {
  try {
    await parseMultipart(body, type, limits);
  } catch (thrown) {
    assert.ok(thrown instanceof SluiceError);
    assert.equal(thrown.reason, 'invalid_request');
    return thrown;
  }
  assert.fail('the form was taken');
}

test('multipart: fields and files come in order, names repeat, folders are left out of file names', async () => {
  const body = form(
    field('a', 'one'),
    field('b[]', 'x'),
    field('b[]', 'y'),
    file('RIFF\x00\xff\r\n--x', '../../etc/a.wav'),
  );
  const { fields, files } = await parseMultipart(body, contentType, limits);
  assert.deepEqual(fields, [
    { name: 'a', value: 'one' },
    { name: 'b[]', value: 'x' },
    { name: 'b[]', value: 'y' },
  ]);
  assert.equal(files.length, 1);
  assert.deepEqual(
    { ...files[0], bytes: files[0]?.bytes.toString('latin1') },
    {
      name: 'file',
      fileName: 'a.wav',
      mediaType: 'audio/wav',
      bytes: 'RIFF\x00\xff\r\n--x',
    },
  );
});

test('multipart: a file of any bytes arrives as it was sent', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
      const sent = Buffer.from(bytes).toString('latin1');
      fc.pre(!sent.includes('--frontier'));
      const { files } = await parseMultipart(form(file(sent)), contentType, limits);
      assert.equal(files[0]?.bytes.toString('latin1'), sent);
    }),
  );
});

test('multipart: what is not a form, or only half of one, is refused', async () => {
  assert.match((await refusal(Buffer.from('hello'))).message, /not a form/);
  assert.match((await refusal(Buffer.alloc(0))).message, /not a form/);
  assert.match((await refusal(form(), 'multipart/form-data')).message, /boundary/);
  const whole = form(field('a', 'one'), file('RIFF'));
  const closed = whole.length - '\r\n'.length;
  for (let end = 1; end < closed; end += 1) {
    assert.match((await refusal(whole.subarray(0, end))).message, /cut off/, `cut at ${end}`);
  }
  assert.equal((await parseMultipart(whole.subarray(0, closed), contentType, limits)).files.length, 1);
});

test('multipart: every limit is kept', async () => {
  const four = form(field('a', ''), field('b', ''), field('c', ''), field('d', ''));
  assert.match((await refusal(four)).message, /more than 3 fields/);
  assert.match((await refusal(form(file('1'), file('2')))).message, /more than 1 files/);
  const long = await refusal(form(field('prompt', 'x'.repeat(21))));
  assert.deepEqual([long.param, long.message], ['prompt', "The field 'prompt' is longer than 20 bytes."]);
  assert.match((await refusal(form(field('n'.repeat(300), 'x')))).message, /more than 200 bytes/);
  assert.match((await refusal(form('content-disposition: form-data\r\n\r\nx'))).message, /no name/);
  const idle = 'x-nothing: 1\r\n\r\nx';
  assert.match((await refusal(form(idle, idle, idle, idle, idle, idle))).message, /more than 5 parts/);
});
