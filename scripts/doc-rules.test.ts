// Each rule of the documentation, on small made-up documents that keep it and that break it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  callChainOf,
  chapterOf,
  commandLines,
  folderRows,
  folderTableProblems,
  headingAnchors,
  npmScript,
  relativeLinks,
  sectionOf,
  sluiceCommand,
  withSection,
} from './doc-rules.ts';
import { errorTable, metricTable } from './doc-tables.ts';

test('doc rules: a generated section is replaced and read back, and the rest stays', () => {
  const before = 'intro\n<!-- generated: a -->\nold\n<!-- end -->\noutro\n';
  const after = withSection(before, 'a', '| new |');
  assert.equal(after, 'intro\n<!-- generated: a -->\n\n| new |\n\n<!-- end -->\noutro\n');
  assert.equal(sectionOf(after, 'a'), '| new |');
  assert.equal(withSection(after, 'a', '| new |'), after);
  assert.equal(sectionOf(before, 'b'), undefined);
  assert.throws(() => withSection(before, 'b', ''), /no section/);
});

test('doc rules: tables hold one row for each entry of the code', () => {
  assert.match(
    errorTable(),
    /^\| `rate_limited` \| RESOURCE_EXHAUSTED \| 429 \| yes \| no \| The rate limit .*\. \|$/m,
  );
  assert.match(
    metricTable(),
    /^\| `sluice_streams_open` \| gauge \| {2}\| {2}\| Server-sent event streams open now\. \|$/m,
  );
});

test('doc rules: relative links are found, other links and code are not', () => {
  const text = [
    'See [a](docs/a.md), [b](./b.md#part "title") and ![c](c.png).',
    'Not [d](https://example.org/d.md), [e](mailto:e@example.org) or `[f](f.md)`.',
    '```md\n[g](g.md)\n```',
    '[h]: ../h.md',
  ].join('\n');
  assert.deepEqual(relativeLinks(text), ['docs/a.md', './b.md#part', 'c.png', '../h.md']);
});

test('doc rules: headings give the anchors that GitHub gives them', () => {
  const text = '# Life of a request\n## `npm test`, and more!\n## Twice\n## Twice\n```sh\n# not a heading\n```';
  assert.deepEqual([...headingAnchors(text)], ['life-of-a-request', 'npm-test-and-more', 'twice', 'twice-1']);
});

test('doc rules: the folder table must list exactly the folders, each with its level and a sentence', () => {
  const table = [
    '| Folder | Level | What it is for |',
    '| --- | --- | --- |',
    '| `src/core/` | 0 | Errors, ids and messages; imports nothing. |',
    '| `gone/` | 2 | A folder that was removed long ago. |',
    '| `edge/` | 1 | short |',
  ].join('\n');
  assert.deepEqual(folderTableProblems(folderRows(table), ['core', 'edge', 'rpc'], { core: 0, edge: 2, rpc: 2 }), [
    'src/rpc/ is missing from the table',
    'src/gone/ is in the table but not there',
    'src/edge/ has level 2 in scripts/layer-rules.ts',
    'src/edge/ needs a sentence of at least 20 characters with a full stop',
  ]);
});

test('doc rules: an arrow between two files claims an import, other words do not', () => {
  const text =
    '`main.ts` → `roles/all.ts`\n  → `src/edge/server.ts` ⇢ `inference/service.ts`, then `inference/attempt.ts` → `test/a.ts`';
  assert.deepEqual(callChainOf(text), {
    files: [
      'src/main.ts',
      'src/roles/all.ts',
      'src/edge/server.ts',
      'src/inference/service.ts',
      'src/inference/attempt.ts',
      'test/a.ts',
    ],
    imports: [
      ['src/main.ts', 'src/roles/all.ts'],
      ['src/roles/all.ts', 'src/edge/server.ts'],
      ['src/inference/attempt.ts', 'test/a.ts'],
    ],
  });
});

test('doc rules: a chapter ends at the next heading of its rank', () => {
  const text = '# T\n## Life of a request\none\n### Part\ntwo\n## Next\nthree';
  assert.equal(chapterOf(text, 'Life of a request'), 'one\n### Part\ntwo');
  assert.equal(chapterOf(text, 'Life'), undefined);
});

test('doc rules: shell blocks give their commands without comments, prompts and continuations', () => {
  const text =
    '```sh\n# a comment\n$ npm ci && npm start   # starts\ncurl -N \\\n  localhost | jq .\n```\n```ts\nnpm run no\n```';
  assert.deepEqual(commandLines(text), [
    ['npm', 'ci'],
    ['npm', 'start'],
    ['curl', '-N', 'localhost'],
    ['jq', '.'],
  ]);
});

test('doc rules: npm scripts and sluice commands are recognised in all their forms', () => {
  assert.equal(npmScript(['npm', 'run', 'bench']), 'bench');
  assert.equal(npmScript(['npm', 'test']), 'test');
  assert.equal(npmScript(['npm', 'ci']), undefined);
  const create = { words: ['keys', 'create'], options: ['--name'] };
  assert.deepEqual(sluiceCommand(['npx', 'sluice', 'keys', 'create', '--name=a', '-q']), create);
  assert.deepEqual(sluiceCommand(['CI=1', 'sluice', 'keys', 'create', '--name', 'a']), create);
  assert.deepEqual(sluiceCommand(['npm', 'run', 'sluice', '--', 'keys', 'create', '--name', 'a']), create);
  assert.deepEqual(sluiceCommand(['npm', 'start', '--', '--config', 'f.yaml']), {
    words: ['all'],
    options: ['--config'],
  });
  assert.equal(sluiceCommand(['npm', 'test']), undefined);
});
