// Policy constants of the composition root, each with its reason.

import type { AttemptTimeouts } from '../ports/model.ts';

/** Limits of an attempt at a model that is named as provider/model, for which the configuration has no section. */
export const defaultTimeouts: AttemptTimeouts = {
  // A TCP and TLS handshake across an ocean takes 0.5 s; more means that nobody answers.
  connectMs: 2_000,
  // A long prompt on a busy GPU; beyond this people have left.
  firstTokenMs: 10_000,
  // Providers send pings at least every 15 s while they work.
  idleMs: 15_000,
  // The time that most proxies and SDKs allow a whole answer.
  totalMs: 120_000,
};

/** What the body of a call to Anthropic's models on Vertex names in place of the `anthropic-version` header; the only value. */
export const anthropicVersionOnVertex: string = 'vertex-2023-10-16';
