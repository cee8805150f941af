// Items that carry a part of another vendor's answer: a picture that it made as `image_generation_call`, anything else as a reasoning
// item whose encrypted content is the part. Clients know both, and send them back with the next turn.

import { isJsonObject, type JsonObject } from '../../../core/json.ts';
import type { OpaquePart } from '../../../core/message.ts';
import type { OpaqueValue } from '../../../core/opaque-part.ts';
import { carriedPart, opaquePartOf, sealPart } from '../../carried-part.ts';
import { pictureOf, withPicture } from '../../generated-picture.ts';
import type { OutputState } from './output-state.ts';

/** The item of a part. */
export function carrierOf(part: OpaqueValue, ids: Pick<OutputState, 'nextId'>): JsonObject {
  const picture = pictureOf(part);
  if (picture === undefined) {
    return { id: ids.nextId('rs_'), type: 'reasoning', summary: [], encrypted_content: sealPart(part) };
  }
  const { base64, rest } = picture;
  const provider_content = { ...rest };
  return {
    id: ids.nextId('ig_'),
    type: 'image_generation_call',
    status: 'completed',
    result: base64,
    provider_content,
  };
}

/** The part of such an item; undefined for an item of any other kind. */
export function carriedIn(item: JsonObject): OpaquePart | undefined {
  const { type, encrypted_content: sealed, provider_content: rest, result } = item;
  if (type === 'reasoning') return typeof sealed === 'string' ? carriedPart(sealed) : undefined;
  if (type !== 'image_generation_call' || !isJsonObject(rest) || typeof result !== 'string') return undefined;
  const part = opaquePartOf(rest);
  return part === undefined ? undefined : withPicture(part, result);
}
