// What a test file must keep to so that it can share its process with every other one.

import { type Program, parseSync } from 'oxc-parser';

/** Hooks that node attaches to the whole process when they are called outside a suite. */
const hooksForEachTest: ReadonlySet<string> = new Set(['beforeEach', 'afterEach']);

/**
 * Names of the hooks for each test that lie outside a suite. In a shared process they run before and after every test of every
 * file, nested ones included: other tests get slower, and what such a hook replaces on the way is never closed. Inside
 * `describe` they belong to the file.
 */
export function processWideHooks(file: string, text: string): string[] {
  const { program } = parseSync(file, text);
  return program.body
    .map(calledFunction)
    .filter((name) => name !== undefined)
    .filter((name) => hooksForEachTest.has(name));
}

/** `f` for the statement `f(…);`. */
function calledFunction(statement: Program['body'][number]): string | undefined {
  if (statement.type !== 'ExpressionStatement' || statement.expression.type !== 'CallExpression') return undefined;
  const { callee } = statement.expression;
  return callee.type === 'Identifier' ? callee.name : undefined;
}
