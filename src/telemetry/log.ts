// The structured log as Sluice writes it. No prompt or answer content is ever passed to it.

/** Fields of a log line: ids, numbers, names. Never content, keys or secrets. */
export interface LogFields {
  readonly requestId?: string;
  readonly [field: string]: unknown;
}

/** A leveled, structured log. */
export interface Log {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
  /** A log whose every line carries these fields too. */
  child(fields: LogFields): Log;
}
