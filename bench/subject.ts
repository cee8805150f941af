// Who is measured. Each subject answers POST /v1/chat/completions from the same upstreams.

/** The upstream that a request is meant for. */
export type UpstreamName = 'static' | 'fixedStream' | 'paced' | 'short';

/** A started subject. */
export interface Subject {
  readonly name: string;
  /** Said below the table where the subject is not as installed. */
  readonly note?: string;
  /** The processes whose CPU and memory count; empty for the bare upstream, which is not a subject but the floor. */
  readonly pids: readonly number[];
  target(upstream: UpstreamName): Target;
  stop(): Promise<void>;
}

/** Where and how to send a request. */
export interface Target {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The model to name in the body. */
  readonly model: string;
}
