import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from './load.ts';
import { formatProblem } from './problem.ts';

/** The configured model, or what is wrong with it. */
function modelOf(model: object): unknown {
  const set = [`providers.local.models.mine=${JSON.stringify({ path: '/models/mine', ...model })}`];
  const result = loadConfig({ env: {}, cwd: '/srv', set });
  if ('problems' in result) return result.problems.map(formatProblem).join('\n');
  const local = result.config.providers['local'];
  return local?.type === 'local' ? local.models['mine'] : undefined;
}

test('config: a local model has one of six tasks', () => {
  for (const task of ['chat', 'embeddings', 'rank', 'classify', 'tensors']) {
    assert.deepEqual(modelOf({ task }), { path: '/models/mine', task });
  }
  assert.match(
    String(modelOf({ task: 'rerank' })),
    /task: found "rerank", expected one of chat, embeddings, rank, classify, moderate, tensors$/,
  );
});

test('config: moderation needs a category for at least one label, and may set a threshold', () => {
  const categories = { toxic: 'harassment', threat: 'harassment/threatening' };
  const moderation = { task: 'moderate', categories, threshold: 0.7 };
  assert.deepEqual(modelOf(moderation), { path: '/models/mine', ...moderation });
  for (const lacking of [{ task: 'moderate' }, { task: 'moderate', categories: {} }]) {
    assert.match(String(modelOf(lacking)), /categories: .* expected a category of harm for at least one label/);
  }
  assert.match(
    String(modelOf({ ...moderation, threshold: 1.1 })),
    /threshold: found 1.1, expected a number from 0 to 1/,
  );
  assert.match(
    String(modelOf({ ...moderation, categories: { toxic: '' } })),
    /expected a category, such as harassment/,
  );
});
