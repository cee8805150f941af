// Checks bodies against a schema that is compiled once, and names the first field that is wrong the way clients write it
// (`messages[0].role`).

import Type, { type Static, type TNull, type TOptional, type TSchema, type TUnion } from 'typebox';
import { Compile } from 'typebox/compile';
import { SluiceError } from '../core/error.ts';
import { type Complaint, expectationOf } from './expectation.ts';

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

/** An optional field that may also be null, which means the same as absent. */
export function maybe<Schema extends TSchema>(schema: Schema): TOptional<TUnion<[Schema, TNull]>> {
  return Type.Optional(Type.Union([schema, Type.Null()]));
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
  // Of a union, the member that misses only a field is the one that was meant.
  const [missing] = siblings.flatMap(missingIn);
  if (missing !== undefined) {
    const param = base === undefined ? missing : `${base}.${missing}`;
    return new SluiceError('invalid_request', { message: `Missing required parameter: '${param}'.`, param });
  }
  const name = base === undefined ? 'the body' : `'${base}'`;
  const message = `Invalid value for ${name}: it must be ${expectationOf(siblings)}.`;
  return new SluiceError('invalid_request', base === undefined ? { message } : { message, param: base });
}

function missingIn({ params }: Complaint): readonly string[] {
  return 'requiredProperties' in params && Array.isArray(params.requiredProperties) ? params.requiredProperties : [];
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
