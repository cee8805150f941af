// Turns a failed schema check into one sentence that names the offending field the way Anthropic's own API does:
// `messages.0.role: Input should be 'user', 'assistant' or 'system'`.

import type { Validator } from 'typebox/compile';
import { SluiceError } from '../../core/error.ts';

type ValidationError = ReturnType<Validator['Errors']>[number];

/**
 * Returns the value, typed, when it passes; throws `invalid_request` naming the field otherwise.
 * `path` is where the value sits in the body, dotted (`messages.0.content.1`), '' for the body itself.
 */
export function check<T>(validator: Validator, value: unknown, path: string): T {
  if (validator.Check(value)) return value as T;
  const { field, expected } = explain(validator.Errors(value));
  throw invalidField(joinPath(path, field), expected);
}

/** The error for a field that is wrong in a way that no schema says. */
export function invalidField(path: string, expected: string): SluiceError {
  if (path === '') return new SluiceError('invalid_request', { message: expected });
  return new SluiceError('invalid_request', {
    message: `${path}: ${expected}`,
    param: path.replaceAll(/\.(\d+)/g, '[$1]'),
  });
}

/** `a.b` from `a` and `b`, either of which may be ''. */
function joinPath(left: string, right: string): string {
  return left === '' || right === '' ? left + right : `${left}.${right}`;
}

/**
 * The first failure, in words. A union fails once for every branch: the branch that got deepest into the value is the one
 * that the caller meant, and when none got deeper than the union itself, all branches are named.
 */
function explain(errors: readonly ValidationError[]): { field: string; expected: string } {
  const first = errors[0];
  if (first === undefined) return { field: '', expected: 'The value is not valid' };
  const branches = branchesOf(errors, first);
  const [only = first, ...others] = branches;
  let deepest = only;
  for (const branch of others) if (depthOf(branch) > depthOf(deepest)) deepest = branch;
  if (others.length === 0 || depthOf(deepest) > depthOf(only)) return describe(deepest);
  return { field: fieldOf(only), expected: `Input should be ${alternatives(branches)}` };
}

/** The failures of every branch of the union that `first` is in. Null is a way to say "absent", so it is not offered. */
function branchesOf(errors: readonly ValidationError[], first: ValidationError): readonly ValidationError[] {
  const [union, branch] = first.schemaPath.split('/anyOf/');
  if (branch === undefined) return [first];
  return errors.filter(
    (error) =>
      error.schemaPath.startsWith(`${union}/anyOf/`) && !(error.keyword === 'type' && error.params.type === 'null'),
  );
}

function depthOf(error: ValidationError): number {
  return error.instancePath.split('/').length;
}

function fieldOf(error: ValidationError): string {
  return error.instancePath.split('/').slice(1).join('.');
}

function describe(error: ValidationError): { field: string; expected: string } {
  const field = fieldOf(error);
  switch (error.keyword) {
    case 'required':
      return { field: joinPath(field, error.params.requiredProperties[0] ?? ''), expected: 'Field required' };
    case 'type':
      return { field, expected: `Input should be a valid ${error.params.type}` };
    case 'minimum':
      return { field, expected: `Input should be greater than or equal to ${error.params.limit}` };
    case 'maximum':
      return { field, expected: `Input should be less than or equal to ${error.params.limit}` };
    case 'minItems':
      return { field, expected: `List should have at least ${error.params.limit} item` };
    case 'minLength':
      return { field, expected: `String should have at least ${error.params.limit} character` };
    case 'maxLength':
      return { field, expected: `String should have at most ${error.params.limit} characters` };
    default:
      return { field, expected: `Input ${error.message}` };
  }
}

/** `'user', 'assistant' or 'system'`; `a valid string or array`. */
function alternatives(branches: readonly ValidationError[]): string {
  const names: string[] = [];
  let prefix = '';
  for (const branch of branches) {
    if (branch.keyword === 'const') names.push(`'${String(branch.params.allowedValue)}'`);
    else if (branch.keyword === 'type') {
      names.push(String(branch.params.type));
      prefix = 'a valid ';
    }
  }
  const last = names.pop() ?? 'of another type';
  return prefix + (names.length === 0 ? last : `${names.join(', ')} or ${last}`);
}
