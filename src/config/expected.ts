// What zod's own checks expect, in words that stand after "expected". Values with a better word carry it in their schema.

import type { z } from 'zod';

const words: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a section (key: value)',
  record: 'a section (name: value)',
};

/** The error map of a parse. */
export function expectedOf(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return words[issue.expected] ?? issue.expected;
    case 'invalid_value':
      return oneOf(issue.values.map(String));
    case 'unrecognized_keys':
      return 'a known key';
    default:
      return issue.message ?? 'another value';
  }
}

/** The words as a choice. */
export function oneOf(values: readonly string[]): string {
  return values.length === 1 ? String(values[0]) : `one of ${values.join(', ')}`;
}
