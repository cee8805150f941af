import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EngineMessage } from '../engine/protocol.ts';
import { passagesOf, sentencesOf } from './passages.ts';
import { inquiryOf, splitQuestion } from './question.ts';

const say = (role: EngineMessage['role'], text: string, source: string = role): EngineMessage => ({
  role,
  text,
  source,
});

test('question: a short message is the question, whole', () => {
  assert.deepEqual(splitQuestion(' How long is the refund window? '), {
    question: 'How long is the refund window?',
    context: '',
  });
});

test('question: prompt templates with Context and Question are taken apart', () => {
  const { question, context } = splitQuestion(
    'Use the following context to answer the question.\n\nContext:\nRefunds take 5 days.\nWe ship on Mondays.\n\nQuestion: How long do refunds take?\nAnswer:',
  );
  assert.equal(question, 'How long do refunds take?');
  assert.match(context, /Refunds take 5 days/);
  assert.doesNotMatch(context, /Use the following|Question|Answer/);
});

test('question: without marks the paragraph that asks is the question', () => {
  const { question, context } = splitQuestion('The kite is red. The fox is brown.\n\nWhat colour is the kite?');
  assert.equal(question, 'What colour is the kite?');
  assert.equal(context.trim(), 'The kite is red. The fox is brown.');
});

test('question: context comes from documents, system text, tool results and earlier statements, not from instructions', () => {
  const { question, passages } = inquiryOf(
    [
      say('system', 'You are a helpful assistant. The shop opens at nine.', 'system message'),
      say('user', 'My order number is 77.', 'message 2'),
      say('assistant', 'Noted.'),
      say('tool', 'Order 77 was sent on Friday.', 'tool call_1'),
      say('user', 'When was order 77 sent?'),
    ],
    [{ source: 'faq.md', text: 'Parcels take two days.' }],
  );
  assert.equal(question, 'When was order 77 sent?');
  assert.deepEqual(
    passages.map(({ source, text }) => [source, text]),
    [
      ['faq.md', 'Parcels take two days.'],
      ['system message', 'The shop opens at nine.'],
      ['message 2', 'My order number is 77.'],
      ['tool call_1', 'Order 77 was sent on Friday.'],
    ],
  );
});

test('question: in one paragraph the last sentence is the question when statements stand before it', () => {
  assert.deepEqual(splitQuestion('The launch is on Friday. The venue is the town hall. When is the launch?'), {
    question: 'When is the launch?',
    context: 'The launch is on Friday. The venue is the town hall.',
  });
  const twice = 'Is it red? Or is it blue?';
  assert.deepEqual(splitQuestion(twice), { question: twice, context: '' });
});

test('question: orders to the model are left out of the context, facts that sound like orders are not', () => {
  const { context } = splitQuestion(
    "Answer only from the text. Please return items within 30 days. Returns never expire. Don't make anything up.\n\nHow long can I return items?",
  );
  assert.equal(context.trim(), 'Please return items within 30 days. Returns never expire.');
});

test('passages: labels and document tags name the source', () => {
  const found = passagesOf('[a.md] One.\n\nTwo.\n\n[b.md] Three.\n\n<document id="c.md">Four.</document>', 'message 1');
  assert.deepEqual(
    found.map(({ source, text }) => [source, text]),
    [
      ['a.md', 'One.'],
      ['a.md', 'Two.'],
      ['b.md', 'Three.'],
      ['c.md', 'Four.'],
    ],
  );
});

test('passages: sentences survive abbreviations, lists and missing spaces', () => {
  const sentences = sentencesOf(
    passagesOf(
      'Dr. Smith met J. Doe at 9.30 a.m. in St. Gallen. They left.\n- First point\n- Second point\n1. Third',
      'x',
    ),
  );
  assert.deepEqual(
    sentences.map((sentence) => sentence.text),
    ['Dr. Smith met J. Doe at 9.30 a.m. in St. Gallen.', 'They left.', 'First point', 'Second point', 'Third'],
  );
  const glued = sentencesOf(passagesOf('It was founded in the city.The owner left.', 'x'));
  assert.equal(glued.length, 2);
});
