import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatProblems, type Problem } from './problem.ts';

const problems: Problem[] = [
  {
    path: 'models.chat.targets[0]',
    source: { kind: 'file', file: 'sluice.yaml', line: 7, column: 15 },
    found: '"opnai/x"',
    expected: 'a model of a configured provider: openai/…',
    hint: 'did you mean "openai/x"?',
  },
  { path: '', source: { kind: 'default' }, found: 'a', expected: 'b' },
];

test('config problems: read as place, found, expected, hint, and are counted', () => {
  assert.equal(
    formatProblems(problems),
    `sluice.yaml:7:15  models.chat.targets[0]
  found     "opnai/x"
  expected  a model of a configured provider: openai/…
  hint      did you mean "openai/x"?

  found     a
  expected  b

2 problems in the configuration.
`,
  );
  assert.match(formatProblems(problems.slice(1)), /\n1 problem in the configuration\.\n$/);
});

test('config problems: colours only when asked for', () => {
  assert.ok(!formatProblems(problems).includes('\u001b'));
  assert.ok(formatProblems(problems, { color: true }).includes('\u001b[1mmodels.chat.targets[0]\u001b[0m'));
});
