// Renders a JSON log line for people: `12:00:00.123 info  message  field=value`.

import { isJsonObject, type JsonValue } from '../../core/json.ts';

const colors: Readonly<Record<string, string>> = {
  debug: '\u001b[90m',
  info: '\u001b[32m',
  warn: '\u001b[33m',
  error: '\u001b[31m',
};
const dim = '\u001b[2m';
const reset = '\u001b[0m';

/** The line, with its newline. Text that is not a JSON object is passed on as it is. */
export function prettyLine(line: string, color: boolean): string {
  const parsed = parse(line);
  if (parsed === undefined) return line;
  const { level, time, msg, ...fields } = parsed;
  const word = String(level).padEnd(5);
  const clock = String(time).slice(11, 23);
  const { stack, rest } = takeStack(fields);
  const pairs = Object.entries(rest).map(([name, value]) => `${name}=${fieldText(value)}`);
  const paint = (code: string | undefined, text: string): string =>
    color && code !== undefined ? code + text + reset : text;
  const head = `${paint(dim, clock)} ${paint(colors[String(level)], word)} ${printable(String(msg ?? ''))}`;
  const tail = pairs.length === 0 ? '' : `  ${paint(dim, pairs.join(' '))}`;
  return `${head}${tail}\n${stack === undefined ? '' : `${paint(dim, indent(stack))}\n`}`;
}

function parse(line: string): Record<string, JsonValue> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined; // not a line of ours
  }
}

/** A stack reads better below the line than inside it. */
function takeStack(fields: Record<string, JsonValue>): { stack?: string; rest: Record<string, JsonValue> } {
  const error = fields['error'];
  if (!isJsonObject(error) || typeof error['stack'] !== 'string') return { rest: fields };
  const { stack, ...rest } = error;
  return { stack: String(stack), rest: { ...fields, error: rest } };
}

function fieldText(value: JsonValue): string {
  if (typeof value === 'string' && /^[\w.:/@+-]+$/.test(value)) return value;
  return printable(JSON.stringify(value));
}

/** Keeps escape sequences of logged text from acting on the terminal. */
function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

function indent(stack: string): string {
  return stack
    .split('\n')
    .map((line) => `    ${printable(line.trimEnd())}`)
    .join('\n');
}
