import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { multipartForm } from './multipart.ts';

test('multipart: an independent reader finds every field and every byte', async () => {
  const field = fc.tuple(
    fc.string({ minLength: 1, maxLength: 8 }).filter((name) => !/[\r\n"%]/.test(name)),
    fc.string(),
  );
  const bytes = fc.uint8Array({ maxLength: 64 });
  await fc.assert(
    fc.asyncProperty(fc.array(field, { maxLength: 4 }), bytes, async (written, audio) => {
      // A form's text has CRLF line ends by the rules: lone ones would be rewritten by the reader.
      const fields = written.map(([name, value]) => [name, value.replace(/[\r\n]/g, ' ')] as const);
      const { contentType, body } = multipartForm(fields, {
        field: 'file',
        fileName: 'a.wav',
        mediaType: 'audio/wav',
        bytes: audio,
      });
      const form = await new Response(Buffer.from(body), { headers: { 'content-type': contentType } }).formData();
      const entries = [...form];
      const file = entries.pop()?.[1];
      assert.deepEqual(entries, fields);
      assert.ok(file instanceof File);
      assert.equal(file.name, 'a.wav');
      assert.equal(file.type, 'audio/wav');
      assert.deepEqual(new Uint8Array(await file.arrayBuffer()), audio);
    }),
  );
});

test('multipart: nothing in a name or a media type can end its line', () => {
  const file = { field: 'file', fileName: 'a"\r\nx: y', mediaType: 'audio/wav\r\nx: y', bytes: new Uint8Array() };
  const text = Buffer.from(multipartForm([['n"\r\n', 'v']], file).body).toString();
  assert.ok(text.includes('filename="a%22%0D%0Ax: y"'));
  assert.ok(text.includes('name="n%22%0D%0A"'));
  assert.ok(text.includes('content-type: application/octet-stream\r\n'));
  assert.ok(!text.includes('\r\nx: y'));
});
