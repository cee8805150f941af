// Values that ask for what happens anyway: clients send them with every call, and they are no loss wherever they are left out.

import { entryOf, type JsonValue } from '../../core/json.ts';
import { isPlainStream } from './stream-options.ts';
import { isPresent } from './wire-values.ts';

/** Whether a value of a field asks for nothing, by the field. */
export type VoidValues = Readonly<Record<string, (value: JsonValue) => boolean>>;

/** At every target. */
const common: VoidValues = {
  background: (value) => value === false,
  best_of: (value) => value === 1,
  echo: (value) => value === false,
  include: (value) => !isPresent(value),
  logit_bias: (value) => !isPresent(value),
  metadata: (value) => !isPresent(value),
  modalities: (value) => Array.isArray(value) && value.every((item) => item === 'text'),
  n: (value) => value === 1,
  service_tier: (value) => value === 'auto',
  store: (value) => value === false,
  stream: () => true,
  stream_options: isPlainStream,
  suffix: (value) => value === '',
  truncation: (value) => value === 'disabled',
};

/** True for null and for a value that asks for what happens anyway. `own` are further values of the target's; they win. */
export function asksNothing(name: string, value: JsonValue, own: VoidValues = {}): boolean {
  if (value === null) return true;
  const isVoid = entryOf(own, name) ?? entryOf(common, name);
  return isVoid?.(value) === true;
}
