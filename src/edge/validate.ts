// Checks bodies against a schema that is compiled once, and names the first field that is wrong the way clients write it
// (`messages[0].role`).

import type { Static, TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { SluiceError } from '../core/error.ts';

/** One complaint of the validator. */
interface Complaint {
  readonly keyword: string;
  readonly instancePath: string;
  readonly params: object;
  readonly message: string;
}

/**
 * Makes a function that returns the body as the schema's type, the same object and not a copy, or throws `invalid_request`
 * with `param`. Compiles the schema: make it once, not for each call.
 */
export function createBodyCheck<Schema extends TSchema>(schema: Schema): (body: unknown) => Static<Schema> {
  const validator = Compile(schema);
  return (body) => {
    if (validator.Check(body)) return body as Static<Schema>;
    throw complaintError(validator.Errors(body));
  };
}

/** Of several complaints the deepest is the most exact: a union complains once for each of its members. */
function complaintError(complaints: readonly Complaint[]): SluiceError {
  const [first, ...others] = complaints;
  if (first === undefined) return new SluiceError('invalid_request');
  let deepest = first;
  for (const complaint of others) {
    if (depthOf(complaint.instancePath) > depthOf(deepest.instancePath)) deepest = complaint;
  }
  const siblings = complaints.filter((complaint) => complaint.instancePath === deepest.instancePath);
  return describe(deepest, siblings);
}

function describe(complaint: Complaint, siblings: readonly Complaint[]): SluiceError {
  const base = paramOf(complaint.instancePath);
  const missing = 'requiredProperties' in complaint.params ? complaint.params.requiredProperties : undefined;
  if (Array.isArray(missing) && missing.length > 0) {
    const param = base === undefined ? String(missing[0]) : `${base}.${String(missing[0])}`;
    return new SluiceError('invalid_request', { message: `Missing required parameter: '${param}'.`, param });
  }
  const expected = siblings.filter((sibling) => sibling.keyword !== 'anyOf').map((sibling) => expectationOf(sibling));
  const message = `Invalid value for ${base === undefined ? 'the body' : `'${base}'`}: it ${[...new Set(expected)].join(' or ')}.`;
  return new SluiceError('invalid_request', base === undefined ? { message } : { message, param: base });
}

function expectationOf(complaint: Complaint): string {
  if ('allowedValues' in complaint.params && Array.isArray(complaint.params.allowedValues)) {
    return `must be one of ${complaint.params.allowedValues.map((value) => JSON.stringify(value)).join(', ')}`;
  }
  if ('allowedValue' in complaint.params) return `must be ${JSON.stringify(complaint.params.allowedValue)}`;
  return complaint.message;
}

function depthOf(pointer: string): number {
  return pointer.split('/').length;
}

/** A JSON Pointer (RFC 6901) as a path: `/messages/0/role` becomes `messages[0].role`; the root has none. */
function paramOf(pointer: string): string | undefined {
  if (pointer === '') return undefined;
  let path = '';
  for (const raw of pointer.slice(1).split('/')) {
    const segment = raw.replaceAll('~1', '/').replaceAll('~0', '~');
    if (/^\d+$/.test(segment)) path += `[${segment}]`;
    else path += path === '' ? segment : `.${segment}`;
  }
  return path;
}
