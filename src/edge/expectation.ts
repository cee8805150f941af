// The words in which a complaint of the validator is told to a caller: what the value must be, in plain English.

/** One complaint of the validator. */
export interface Complaint {
  readonly keyword: string;
  readonly instancePath: string;
  readonly params: object;
  readonly message: string;
}

/**
 * What the complaints about one value ask for, to be read after "it must be": `a string or a list of at least 1 item`. Each is
 * named once. Null is not offered beside anything else: in a body it is only another way to leave a field out.
 */
export function expectationOf(complaints: readonly Complaint[]): string {
  const wanted = new Set<string>();
  for (const complaint of complaints) if (complaint.keyword !== 'anyOf') wanted.add(nameOf(complaint));
  if (wanted.size > 1) wanted.delete('null');
  const names = [...wanted];
  const last = names.pop() ?? 'something else';
  return names.length === 0 ? last : `${names.join(', ')} or ${last}`;
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  array: 'a list',
};

function nameOf({ keyword, params, message }: Complaint): string {
  const { type, limit, allowedValue, allowedValues } = params as Record<string, unknown>;
  switch (keyword) {
    case 'type':
      return typeNames[String(type)] ?? String(type);
    case 'enum':
      return `one of ${(allowedValues as readonly unknown[]).map((value) => JSON.stringify(value)).join(', ')}`;
    case 'const':
      return JSON.stringify(allowedValue);
    case 'minimum':
      return `at least ${limit}`;
    case 'maximum':
      return `at most ${limit}`;
    case 'minLength':
      return limit === 1 ? 'a string that is not empty' : `a string of at least ${count(limit, 'character')}`;
    case 'maxLength':
      return `a string of at most ${count(limit, 'character')}`;
    case 'minItems':
      return `a list of at least ${count(limit, 'item')}`;
    case 'maxItems':
      return `a list of at most ${count(limit, 'item')}`;
    case 'uniqueItems':
      return 'a list without repetitions';
    default:
      return `a value that ${message}`;
  }
}

function count(limit: unknown, noun: string): string {
  return `${limit} ${noun}${limit === 1 ? '' : 's'}`;
}
