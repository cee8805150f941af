// The types of Anthropic's client as checks of single values: its declarations, made into JSON Schema by a generator that reads
// them as the compiler does.

import { join } from 'node:path';
import { Ajv, type AnySchema, type ErrorObject, type ValidateFunction } from 'ajv';
import { createGenerator } from 'ts-json-schema-generator';

/** Checks by types of the client. */
export interface SdkTypes {
  /** What is wrong with the value, one line each; empty when it is of the type. */
  complaints(type: string, value: unknown): string[];
}

const declarations: Readonly<Record<string, string>> = {
  Message: 'resources/messages/messages.d.ts',
  RawMessageStreamEvent: 'resources/messages/messages.d.ts',
  ErrorResponse: 'resources/shared.d.ts',
};

/** Reads the types; takes some seconds. Fields beyond those of a type are allowed: the client keeps them. */
export function createSdkTypes(types: readonly string[]): SdkTypes {
  const validators = new Map<string, ValidateFunction>();
  const generators = new Map<string, ReturnType<typeof createGenerator>>();
  for (const type of types) {
    const path = join(import.meta.dirname, '../../node_modules/@anthropic-ai/sdk', declarations[type] ?? '');
    const generator =
      generators.get(path) ?? createGenerator({ path, skipTypeCheck: true, additionalProperties: true, expose: 'all' });
    generators.set(path, generator);
    const ajv = new Ajv({ strict: false, allErrors: false, validateFormats: false });
    validators.set(type, ajv.compile(generator.createSchema(type) as AnySchema));
  }
  return {
    complaints(type, value) {
      const validate = validators.get(type);
      if (validate === undefined) throw new TypeError(`the type ${type} was not asked for`);
      return validate(value) ? [] : (validate.errors ?? []).map(describe);
    },
  };
}

function describe({ instancePath, message, params }: ErrorObject): string {
  return `${instancePath === '' ? 'it' : instancePath} ${message} ${JSON.stringify(params)}`;
}
