// The rule about `stream_options` that every streaming route of OpenAI's has.

import { SluiceError } from '../../core/error.ts';
import type { Maybe } from './sampling-fields.ts';

/** Throws `invalid_request` for options of a stream in a body that asks for none. */
export function checkStreamOptions(body: {
  readonly stream?: Maybe<boolean>;
  readonly stream_options?: unknown;
}): void {
  if (body.stream_options == null || body.stream === true) return;
  throw new SluiceError('invalid_request', {
    message: "The 'stream_options' parameter is only allowed when 'stream' is true.",
    param: 'stream_options',
  });
}
