// Which conversation a call belongs to.

import { createHash, type Hash } from 'node:crypto';
import type { CallContext } from '../../core/call-context.ts';
import type { ContentPart, MediaSource } from '../../core/message.ts';
import type { PredictRequest } from '../../core/predict.ts';
import { identityChars } from './defaults.ts';

/**
 * The same key for each turn of one conversation: what the caller says it is, else what stays while it goes on, its instructions and the
 * first thing the user said. Conversations of two tenants never share one. Undefined for what is no conversation, such as a raw prompt.
 */
export function conversationKeyOf(
  { tenantId, routing }: CallContext,
  request: PredictRequest | undefined,
): string | undefined {
  const named = routing?.conversation;
  const digest = createHash('sha256');
  add(digest, tenantId);
  if (named !== undefined) {
    add(digest, `named ${named}`);
    return digest.digest('base64url');
  }
  for (const { role, content } of request?.messages ?? []) {
    if (role !== 'system' && role !== 'developer' && role !== 'user') continue;
    add(digest, role);
    for (const part of content) addPart(digest, part);
    if (role === 'user') return digest.digest('base64url');
  }
  return undefined;
}

function addPart(digest: Hash, part: ContentPart): void {
  add(digest, part.type);
  if (part.type === 'text') add(digest, part.text);
  else if (part.type === 'image' || part.type === 'audio' || part.type === 'file') add(digest, identityOf(part.source));
}

function identityOf(source: MediaSource): string {
  if (source.kind === 'url') return source.url;
  return source.kind === 'data' ? source.base64 : source.fileId;
}

/** With its length in front, so that two texts are never taken for one. */
function add(digest: Hash, text: string): void {
  digest.update(`${text.length} `).update(text.slice(0, identityChars));
}
