import assert from 'node:assert/strict';
import { test } from 'node:test';
import { annotationOf, blockAnnotationOf, vendorAnnotationOf } from './annotation.ts';

test('annotation: OpenAI’s own passes, and that of chat completions loses its inner object', () => {
  const own = { type: 'url_citation', url: 'u', title: 't', start_index: 1, end_index: 2 };
  const { type, ...fields } = own;
  assert.deepEqual(annotationOf(own), own);
  assert.deepEqual(annotationOf({ type, url_citation: fields }), own);
  assert.deepEqual(
    annotationOf({ type, url_citation: fields, score: 1 }),
    { ...own, score: 1 },
    'not what is beside it',
  );
  assert.deepEqual(annotationOf({ type: 'file_path', file_id: 'f', index: 3 }), {
    type: 'file_path',
    file_id: 'f',
    index: 3,
  });
});

test('annotation: what has no place speaks of the whole text', () => {
  assert.equal(annotationOf({ type: 'url_citation', url: 'u' }), undefined);
  assert.deepEqual(blockAnnotationOf({ type: 'url_citation', url: 'u' }, 9), {
    type: 'url_citation',
    url: 'u',
    title: '',
    start_index: 0,
    end_index: 9,
  });
});

test('annotation: another vendor’s keeps its fields beside OpenAI’s', () => {
  const location = {
    type: 'char_location',
    cited_text: 'c',
    document_index: 2,
    document_title: 'D',
    start_char_index: 0,
  };
  assert.equal(annotationOf(location), undefined);
  assert.deepEqual(blockAnnotationOf(location, 9), {
    ...location,
    type: 'file_citation',
    file_id: 'document_2',
    filename: 'D',
    index: 9,
    provider_type: 'char_location',
  });
  const found = { type: 'search_result_location', source: 'https://e.com', title: 'E' };
  assert.equal(blockAnnotationOf(found, 9)['url'], 'https://e.com');
  assert.deepEqual(blockAnnotationOf('odd', 9), {
    type: 'file_citation',
    file_id: 'document_0',
    filename: '',
    index: 9,
    provider_value: 'odd',
  });
});

test('annotation: Anthropic’s goes back as it came, any other as it is', () => {
  const cited = { cited_text: 'c' };
  const location = { ...cited, document_index: 2, document_title: 'D', file_id: null };
  const citations = [
    { ...cited, type: 'web_search_result_location', url: 'u', title: 'T', encrypted_index: 'e' },
    { ...cited, type: 'web_search_result_location', url: 'u', title: null, encrypted_index: 'e' },
    { ...cited, type: 'search_result_location', source: 's', title: 'T', search_result_index: 0, start_block_index: 1 },
    { ...location, type: 'char_location', start_char_index: 3, end_char_index: 4 },
    { ...location, type: 'page_location', file_id: 'file_1', start_page_number: 1, end_page_number: 2 },
    { ...location, type: 'content_block_location', start_block_index: 0, end_block_index: 1 },
  ];
  for (const citation of citations) assert.deepEqual(vendorAnnotationOf(blockAnnotationOf(citation, 9)), citation);
  const own = { type: 'url_citation', url: 'u', title: 't', start_index: 1, end_index: 2 };
  const theirs = blockAnnotationOf({ type: 'web', uri: 'u' }, 9);
  assert.deepEqual([own, theirs].map(vendorAnnotationOf), [own, theirs]);
});
