import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonValue } from '../../core/json.ts';
import type { ContentPart, Message } from '../../core/message.ts';
import { restoreCarried } from './carried-content.ts';

const text = (words: string): ContentPart => ({ type: 'text', text: words });
const search = (id: string): ContentPart => ({ type: 'opaque', dialect: 'anthropic', value: { id } });
const entry = (id: string, offset: JsonValue): JsonValue => ({ dialect: 'anthropic', offset, value: { id } });

function restored(content: ContentPart[], entries: JsonValue, role: Message['role'] = 'assistant'): Message {
  return restoreCarried({ role, content, extra: { provider_content: entries } });
}

test('carried content: parts stand where they were, in one text or in several, before refusals and calls', () => {
  const entries = [entry('c', 9), entry('a', 0), entry('b', 4)];
  const whole = [search('a'), text('Look'), search('b'), text('Found'), search('c')];
  assert.deepEqual(restored([text('LookFound')], entries), { role: 'assistant', content: whole });
  assert.deepEqual(restored([text('Look'), text('Found')], entries).content, whole);
  const refusal: ContentPart = { type: 'refusal', text: 'No.' };
  assert.deepEqual(restored([refusal], [entry('a', 0)]).content, [search('a'), refusal]);
  const thought: ContentPart = { type: 'reasoning', text: 'Hm.' };
  assert.deepEqual(restored([thought, text('So')], [entry('a', 0)]).content, [thought, search('a'), text('So')]);
});

test('carried content: places that cannot be are the nearest that can', () => {
  const places = restored([text('Hi')], [entry('late', 1e9), entry('early', -5), entry('unplaced', 'x')]);
  assert.deepEqual(places.content, [search('early'), search('unplaced'), text('Hi'), search('late')]);
});

test('carried content: what is not ours stays as it came', () => {
  const foreign = [{ dialect: 'other', value: {} }, 'x', { dialect: 'vertex' }];
  assert.deepEqual(restored([text('Hi')], [...foreign, entry('a', 2)]), {
    role: 'assistant',
    content: [text('Hi'), search('a')],
    extra: { provider_content: foreign },
  });
  const images = [{ type: 'image_url', image_url: { url: 'data:image/png;base64,QQ==' }, index: 0 }];
  const answer: Message = { role: 'assistant', content: [text('Hi')], extra: { images, name: 'x' } };
  assert.deepEqual(restoreCarried(answer), answer);
  const word: Message = { role: 'assistant', content: [], extra: { provider_content: 'x' } };
  assert.deepEqual(restoreCarried(word), word);
  const users: Message = { role: 'user', content: [], extra: { provider_content: [entry('a', 0)] } };
  assert.deepEqual(restoreCarried(users), users, 'only a model has said such things');
});
