// Paths of values in the configuration, as text: `models.chat.targets[0]`, `models["gpt-4.1"].summary`.

/** Keys and list positions from the top. */
export type ConfigPath = readonly (string | number)[];

/** The path as text; the inverse of parsePath. */
export function formatPath(path: ConfigPath): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (!/^[\w-]+$/.test(step)) text += `[${JSON.stringify(step)}]`;
    else text += text === '' ? step : `.${step}`;
  }
  return text;
}

/** The path that a `--set` flag names; undefined when it is none. */
export function parsePath(text: string): ConfigPath | undefined {
  const step = /\.?([\w-]+)|\[(\d{1,6})\]|\[("(?:[^"\\]|\\.)*")\]/y;
  const path: (string | number)[] = [];
  while (step.lastIndex < text.length) {
    const start = step.lastIndex;
    const match = step.exec(text);
    if (match === null) return undefined;
    const [whole, key, index, quoted] = match;
    const beginsWithDot = whole.startsWith('.');
    if (key !== undefined && beginsWithDot !== start > 0) return undefined;
    const name = quoted === undefined ? key : unquote(quoted);
    if (index === undefined && (name === undefined || name === '__proto__')) return undefined;
    path.push(name ?? Number(index));
  }
  return path.length === 0 ? undefined : path;
}

/** True when `path` begins with `prefix`, or is it. */
export function startsWith(path: ConfigPath, prefix: ConfigPath): boolean {
  return prefix.length <= path.length && prefix.every((step, at) => step === path[at]);
}

function unquote(text: string): string | undefined {
  try {
    return String(JSON.parse(text));
  } catch {
    return undefined; // an escape that JSON does not know
  }
}
