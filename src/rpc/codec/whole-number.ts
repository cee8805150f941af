// Numbers that the wire carries as integers although JSON, and so the core types, allow any number.

import { SluiceError } from '../../core/error.ts';

/** The number itself. Throws `invalid_request` naming the field when it is not a safe integer. */
export function wholeNumber(value: number | undefined, field: string): number | undefined {
  if (value === undefined || Number.isSafeInteger(value)) return value;
  throw new SluiceError('invalid_request', { message: `${field} must be a whole number.`, param: field });
}
