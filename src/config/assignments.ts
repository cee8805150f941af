// Values from outside the file: `--set` flags, `--data-dir` and the environment.

import { parseDocument } from 'yaml';
import type { Environment } from './environment.ts';
import { type ConfigPath, formatPath, parsePath } from './path.ts';
import type { Problem, Source } from './problem.ts';

/** One value and where it is to go. */
export interface Assignment {
  readonly path: ConfigPath;
  readonly value: unknown;
  readonly source: Source;
  /** True for the environment: it yields to a value of the file or of a flag. */
  readonly isFallback: boolean;
}

/** `path=value` as an assignment. The value is YAML, so `[local/chat]` is a list and `8` a number. */
export function parseSetFlag(flag: string): Assignment | Problem {
  const source: Source = { kind: 'flag', flag: `--set ${flag}` };
  const at = equalsSign(flag);
  const path = at < 0 ? undefined : parsePath(flag.slice(0, at));
  if (path === undefined) {
    return { path: '', source, found: JSON.stringify(flag), expected: 'PATH=VALUE, such as listen.http=127.0.0.1:0' };
  }
  const document = parseDocument(flag.slice(at + 1), { prettyErrors: false });
  const [error] = document.errors;
  if (error !== undefined) {
    return { path: formatPath(path), source, found: error.message.replace(/\.$/, ''), expected: 'a value in YAML' };
  }
  return { path, value: document.toJS(), source, isFallback: false };
}

/** What the environment sets, where nothing else does. */
export function environmentAssignments(environment: Environment): Assignment[] {
  const from = (path: ConfigPath, value: string | undefined, variable: string): Assignment[] =>
    value === undefined ? [] : [{ path, value, source: { kind: 'environment', variable }, isFallback: true }];
  return [
    ...from(['dataDir'], environment.dataDir, 'SLUICE_DATA_DIR'),
    ...from(['telemetry', 'otlp', 'endpoint'], environment.otlpEndpoint, 'OTEL_EXPORTER_OTLP_ENDPOINT'),
  ];
}

/** The first `=` outside a quoted key. */
function equalsSign(flag: string): number {
  const match = /^(?:[^="]|"(?:[^"\\]|\\.)*")*=/.exec(flag);
  return match === null ? -1 : match[0].length - 1;
}
