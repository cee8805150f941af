// What a role is: a table of components and the addresses that its listeners got.

import type { Component, Use } from './lifecycle.ts';

/** Names of the roles, as on the command line. */
export type RoleName = 'all' | 'edge' | 'inference' | 'worker' | 'retrieval';

/** Bound `host:port` of each listener that the role opens. */
export interface Addresses {
  readonly http?: string;
  readonly admin?: string;
  readonly grpc?: string;
}

/** A role, not yet started. */
export interface Role {
  /** In the order in which they are named to people; the lifecycle sorts by need. */
  readonly components: readonly Component<unknown>[];
  /** Where the started role listens. */
  addresses(use: Use): Addresses;
  /** The development key, when this start created it. */
  developmentKey?(use: Use): string | undefined;
}
