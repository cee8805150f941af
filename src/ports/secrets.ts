// Port Secrets: looks up secrets by name. Configuration holds names, never values.

/** Reads secrets. */
export interface Secrets {
  /** The value, without a trailing newline. Rejects with `config_invalid`, naming the secret and how to set it, when there is none. */
  get(name: string): Promise<string>;
}
