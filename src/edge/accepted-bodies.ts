// Which bodies a route takes beside JSON, which is the rule.

/** The bodies of a route. */
export interface AcceptedBodies {
  /** Media types, in lower case, whose bodies the route reads itself from the bytes, such as `multipart/form-data`; '' is a body without one. */
  readonly raw: readonly string[];
  /** Whether JSON is taken too. */
  readonly json: boolean;
}
