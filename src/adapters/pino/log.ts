// The Log on pino. Lines go to standard error by default: standard output belongs to what scripts read.

import { type DestinationStream, destination as openDestination, pino, stdTimeFunctions } from 'pino';
import type { Log, LogFields } from '../../telemetry/log.ts';
import { flushEveryMs, maxBufferedLogBytes, writeBytes } from './defaults.ts';
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
    output.stream,
  );
  const threshold = { level: order[options.level] };
  return {
    ...wrap(logger, threshold),
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

function wrap(lines: Lines, threshold: { readonly level: number }): Log {
  return {
    debug: (fields, message) => void (threshold.level <= order.debug && lines.debug(loggable(fields), message)),
    info: (fields, message) => void (threshold.level <= order.info && lines.info(loggable(fields), message)),
    warn: (fields, message) => void (threshold.level <= order.warn && lines.warn(loggable(fields), message)),
    error: (fields, message) => lines.error(loggable(fields), message),
    child: (fields) => wrap(lines.child(loggable(fields)), threshold),
  };
}

function openOutput(options: PinoLogOptions): { readonly stream: DestinationStream; readonly flush: () => void } {
  const { destination, format, color = false } = options;
  const buffering = { minLength: writeBytes, maxLength: maxBufferedLogBytes, periodicFlush: flushEveryMs };
  const stderr = destination === undefined ? openDestination({ dest: 2, sync: false, ...buffering }) : undefined;
  const sink = destination ?? stderr;
  const write = (line: string): void => void sink?.write(format === 'pretty' ? prettyLine(line, color) : line);
  return { stream: { write }, flush: () => stderr?.flushSync() };
}
