import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDataUrl } from './data-url.ts';

const data = (base64: string, mediaType: string) => ({ kind: 'data', base64, mediaType });

test('data URL: base64 stays as it is, its media type with its parameters', () => {
  assert.deepEqual(parseDataUrl('data:image/png;base64,QUJD', 'p'), data('QUJD', 'image/png'));
  assert.deepEqual(parseDataUrl('DATA:audio/ogg;codecs=opus;BASE64,QQ==', 'p'), data('QQ==', 'audio/ogg;codecs=opus'));
  assert.deepEqual(parseDataUrl('data:;base64,QQ==', 'p'), data('QQ==', 'text/plain'));
});

test('data URL: text with escapes becomes base64, byte for byte', () => {
  const svg = '<svg xmlns="http://www.w3.org/2000/svg"/>';
  const wire = Buffer.from(svg).toString('base64');
  assert.deepEqual(parseDataUrl(`data:image/svg+xml,${encodeURIComponent(svg)}`, 'p'), data(wire, 'image/svg+xml'));
  assert.deepEqual(
    parseDataUrl('data:,%FFa%00', 'p'),
    data(Buffer.from([0xff, 0x61, 0]).toString('base64'), 'text/plain'),
  );
  assert.deepEqual(
    parseDataUrl('data:;charset=utf-8,Größe', 'p'),
    data(Buffer.from('Größe').toString('base64'), 'text/plain;charset=utf-8'),
  );
});

test('data URL: what cannot be read is refused where it stands, and any other address is none', () => {
  for (const url of ['data:image/png', `data:${'a'.repeat(300)},x`, 'data:text/plain,100%', 'data:,%zz']) {
    assert.throws(() => parseDataUrl(url, 'messages[0].content[1].image_url.url'), {
      reason: 'invalid_request',
      param: 'messages[0].content[1].image_url.url',
    });
  }
  assert.equal(parseDataUrl('https://example.com/data:,x', 'p'), undefined);
  assert.equal(parseDataUrl('JVBERi0=', 'p'), undefined);
});
