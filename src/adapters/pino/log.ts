// The Log on pino, with lines of our own making (json-line.ts) wherever JSON.stringify can write them. Lines go to standard error by default: standard output belongs to what scripts read.

import { destination as openDestination, pino, stdTimeFunctions } from 'pino';
import type { Log, LogFields } from '../../telemetry/log.ts';
import { flushEveryMs, maxBufferedLogBytes, maxWriteBytes, writeBytes } from './defaults.ts';
import { jsonLine, textOfFields } from './json-line.ts';
import { loggable } from './loggable.ts';
import { prettyLine } from './pretty-line.ts';

/** The least important lines that are written. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** See createPinoLog. */
export interface PinoLogOptions {
  readonly level: LogLevel;
  /** `json`: one object a line. `pretty`: for people. */
  readonly format: 'json' | 'pretty';
  /** Takes whole lines, newline included. Default: standard error, written behind the caller's back. */
  readonly destination?: { write(line: string): unknown };
  /** Whether `pretty` uses ANSI colours. Default false. */
  readonly color?: boolean;
  /** Fields of every line, such as `{ role: 'edge' }`. Host name and pid are left to whoever collects the lines. */
  readonly base?: LogFields;
}

/** A Log whose level can be moved while it runs and whose last lines can be forced out. */
export interface PinoLog extends Log {
  /** Takes effect at once, in every child too. */
  setLevel(level: LogLevel): void;
  /** Writes what is buffered, synchronously. Call it last before the process ends. */
  flush(): void;
}

const order: Readonly<Record<LogLevel, number>> = { debug: 20, info: 30, warn: 40, error: 50 };

/**
 * Credentials in fields are replaced (see loggable.ts). When the reader of standard error falls behind by
 * maxBufferedLogBytes, further lines are lost: a log must never fill the memory or hold a request up.
 */
export function createPinoLog(options: PinoLogOptions): PinoLog {
  const output = openOutput(options);
  const logger = pino(
    {
      level: 'debug', // the moving threshold is in `threshold`, because a pino child keeps the level it was born with
      base: { ...loggable(options.base ?? {}) },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    output,
  );
  const threshold = { level: order[options.level] };
  return {
    ...wrap({ lines: logger, bindings: textOfFields(loggable(options.base ?? {})), output, threshold }),
    setLevel(level) {
      threshold.level = order[level];
    },
    flush: output.flush,
  };
}

/** The part of a pino logger that is used here. */
interface Lines {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  child(fields: object): Lines;
}

/** What a Log is made of. */
interface LogParts {
  /** Writes what JSON.stringify cannot: cycles, big integers. */
  readonly lines: Lines;
  /** The fields of every line as text; undefined when pino must write them. */
  readonly bindings: string | undefined;
  readonly output: Output;
  readonly threshold: { readonly level: number };
}

function wrap(parts: LogParts): Log {
  const { lines, bindings, output, threshold } = parts;
  const write = (level: LogLevel, fields: LogFields, message: string): void => {
    if (threshold.level > order[level]) return;
    const shown = loggable(fields);
    const text = bindings === undefined ? undefined : textOfFields(shown);
    if (text === undefined) lines[level](shown, message);
    else output.write(jsonLine(level, `${bindings}${text}`, message));
  };
  return {
    debug: (fields, message) => write('debug', fields, message),
    info: (fields, message) => write('info', fields, message),
    warn: (fields, message) => write('warn', fields, message),
    error: (fields, message) => write('error', fields, message),
    child(fields) {
      const shown = loggable(fields);
      const own = textOfFields(shown);
      const all = bindings === undefined || own === undefined ? undefined : bindings + own;
      return wrap({ ...parts, lines: lines.child(shown), bindings: all });
    },
  };
}

interface Output {
  write(line: string): void;
  flush(): void;
}

function openOutput({ destination, format, color = false }: PinoLogOptions): Output {
  const toText = (line: string): string => (format === 'pretty' ? prettyLine(line, color) : line);
  if (destination !== undefined) return { write: (line) => void destination.write(toText(line)), flush: () => {} };
  // As bytes: kept as text, sonic-boom measures all that waits again for each further line.
  const buffering = {
    minLength: writeBytes,
    maxWrite: maxWriteBytes,
    maxLength: maxBufferedLogBytes,
    periodicFlush: flushEveryMs,
  };
  const stderr = openDestination({ dest: 2, sync: false, contentMode: 'buffer', ...buffering });
  return {
    // Its types know only text.
    write: (line) => void stderr.write(Buffer.from(toText(line)) as unknown as string),
    flush: () => stderr.flushSync(),
  };
}
