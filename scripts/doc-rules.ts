// What documentation must keep to, as pure functions over its text. check-docs.ts runs them on this repository.

/** The text between `<!-- generated: name -->` and `<!-- end -->`; undefined when the markers are not there. */
export function sectionOf(document: string, name: string): string | undefined {
  const [start, end] = sectionBounds(document, name);
  return start === undefined ? undefined : document.slice(start, end).trim();
}

/** The document with that section replaced. Throws when the markers are not there. */
export function withSection(document: string, name: string, content: string): string {
  const [start, end] = sectionBounds(document, name);
  if (start === undefined) throw new Error(`no section <!-- generated: ${name} --> … <!-- end -->`);
  return `${document.slice(0, start)}\n\n${content}\n\n${document.slice(end)}`;
}

function sectionBounds(document: string, name: string): [number, number] | [undefined, undefined] {
  const opening = `<!-- generated: ${name} -->`;
  const start = document.indexOf(opening);
  const end = document.indexOf('<!-- end -->', start);
  return start === -1 || end === -1 ? [undefined, undefined] : [start + opening.length, end];
}

/** Relative link targets, with their anchors, in the prose of a Markdown text (code is not prose). */
export function relativeLinks(markdown: string): string[] {
  const prose = withoutFences(markdown).replaceAll(/`[^`\n]*`/g, '');
  const inline = [...prose.matchAll(/\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)/g)];
  const references = [...prose.matchAll(/^\[[^\]]+\]:\s*(\S+)/gm)];
  const targets = [...inline, ...references].map((match) => match[1] ?? '');
  return targets.filter((target) => !/^[a-z][a-z0-9+.-]*:/i.test(target));
}

/** Anchors that GitHub gives to the headings of a Markdown text. */
export function headingAnchors(markdown: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of withoutFences(markdown).matchAll(/^#{1,6} +(.+?) *#*$/gm)) {
    const base = heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(/\s/g, '-');
    let anchor = base;
    for (let copy = 1; anchors.has(anchor); copy += 1) anchor = `${base}-${copy}`;
    anchors.add(anchor);
  }
  return anchors;
}

/** One row of the folder table: `| `edge/` | 2 | What it is for. |`. */
export interface FolderRow {
  readonly folder: string;
  readonly level: number;
  readonly sentence: string;
}

/** The rows of the table whose first cell names a folder of src/, such as `edge/` or `src/edge/`. */
export function folderRows(architecture: string): FolderRow[] {
  const rows = architecture.matchAll(/^\| *`(?:src\/)?([a-z-]+)\/` *\|([^|]*)\|([^|]*)\| *$/gm);
  return [...rows].map(([, folder = '', level = '', sentence = '']) => ({
    folder,
    level: Number(level),
    sentence: sentence.trim(),
  }));
}

/** Where the folder table differs from the folders that exist and their levels, or says nothing about one. */
export function folderTableProblems(
  rows: readonly FolderRow[],
  existing: readonly string[],
  levelOf: Readonly<Record<string, number>>,
): string[] {
  const listed = rows.map(({ folder }) => folder);
  const named = (folders: readonly string[], what: string): string[] =>
    folders.map((folder) => `src/${folder}/ ${what}`);
  const missing = existing.filter((folder) => !listed.includes(folder));
  const gone = listed.filter((folder) => !existing.includes(folder));
  const twice = listed.filter((folder, index) => listed.indexOf(folder) !== index);
  const wrongLevel = rows.filter(({ folder, level }) => existing.includes(folder) && level !== levelOf[folder]);
  const speechless = rows.filter(({ sentence }) => !/^.{20,}\.$/.test(sentence));
  return [
    ...named(missing, 'is missing from the table'),
    ...named(gone, 'is in the table but not there'),
    ...named(twice, 'is listed twice'),
    ...wrongLevel.map(({ folder }) => `src/${folder}/ has level ${levelOf[folder]} in scripts/layer-rules.ts`),
    ...speechless.map(({ folder }) => `src/${folder}/ needs a sentence of at least 20 characters with a full stop`),
  ];
}

/** The part of a document under a heading with this text, up to the next heading of the same or a higher rank. */
export function chapterOf(markdown: string, title: string): string | undefined {
  const lines = markdown.split('\n');
  const first = lines.findIndex((line) => /^#+ /.test(line) && line.replace(/^#+ /, '').trim() === title);
  if (first === -1) return undefined;
  const rank = (lines[first] ?? '').indexOf(' ');
  const next = lines.findIndex((line, index) => index > first && /^#+ /.test(line) && line.indexOf(' ') <= rank);
  return lines.slice(first + 1, next === -1 ? undefined : next).join('\n');
}

/** What a "life of a …" chapter claims. Files are relative to the root. */
export interface CallChain {
  readonly files: readonly string[];
  /** `a.ts` → `b.ts`: a imports b. Another arrow (`⇢`) or words between two files claim nothing: a port is in between. */
  readonly imports: readonly (readonly [string, string])[];
}

/** Reads the code spans that name TypeScript files, and the arrows between them. Paths start at src/ unless they say so. */
export function callChainOf(chapter: string): CallChain {
  const files: string[] = [];
  const imports: [string, string][] = [];
  let end = 0;
  for (const match of chapter.matchAll(/`([A-Za-z0-9_./-]+\.ts)`/g)) {
    const file = fromRoot(match[1] ?? '');
    const previous = files.at(-1);
    if (previous !== undefined && chapter.slice(end, match.index).trim() === '→') imports.push([previous, file]);
    files.push(file);
    end = match.index + match[0].length;
  }
  return { files, imports };
}

/** A command line in a shell block: its words, up to a comment. */
export type CommandLine = readonly string[];

/** The command lines of the `sh`, `bash`, `shell` and `console` blocks. Continuation lines are joined. */
export function commandLines(markdown: string): CommandLine[] {
  const blocks = markdown.matchAll(/^ *```(?:sh|bash|shell|console)\n([\s\S]*?)^ *```/gm);
  return [...blocks]
    .flatMap(([, block = '']) => block.replaceAll('\\\n', ' ').split('\n'))
    .flatMap((line) =>
      line
        .replace(/^\s*\$ /, '')
        .replace(/(^|\s)#.*$/, '')
        .split(/\s*(?:&&|\|\||;|\|)\s*/),
    )
    .map((command) => command.trim().split(/\s+/))
    .filter(([first]) => first !== undefined && first !== '');
}

/** What a command line gives to `sluice`. */
export interface SluiceCommand {
  /** Lower-case words before the first option, such as `keys`, `create`. */
  readonly words: readonly string[];
  /** Names of the long options. */
  readonly options: readonly string[];
}

/** The ways to start the command line from a checkout, with the words that they stand for. */
const launchers: readonly (readonly [launcher: readonly string[], standsFor: readonly string[]])[] = [
  [['sluice'], []],
  [['npx', 'sluice'], []],
  [['npm', 'run', 'sluice', '--'], []],
  [['npm', 'start', '--'], ['all']],
  [['npm', 'start'], ['all']],
  [['node', 'src/main.ts'], []],
  [['./bin/sluice.js'], []],
];

/** What a command line gives to `sluice`; undefined when it is another command. Leading `NAME=value` are left out. */
export function sluiceCommand(line: CommandLine): SluiceCommand | undefined {
  const words = line.slice(line.findIndex((word) => !/^[A-Z_]+=/.test(word)));
  for (const [launcher, standsFor] of launchers) {
    if (!launcher.every((word, index) => words[index] === word)) continue;
    const given = [...standsFor, ...words.slice(launcher.length)];
    const firstOther = given.findIndex((word) => !/^[a-z][a-z-]*$/.test(word));
    const options = given.filter((word) => /^--[a-z]/.test(word)).map((word) => word.replace(/=.*$/s, ''));
    return { words: firstOther === -1 ? given : given.slice(0, firstOther), options };
  }
  return undefined;
}

/** The npm script that a command line runs; undefined when it runs none. */
export function npmScript(words: CommandLine): string | undefined {
  if (words[0] !== 'npm') return undefined;
  if (words[1] === 'run') return words[2];
  return words[1] === 'test' || words[1] === 'start' ? words[1] : undefined;
}

function fromRoot(path: string): string {
  return /^(src|test|scripts|bench|examples)\//.test(path) ? path : `src/${path}`;
}

function withoutFences(markdown: string): string {
  return markdown.replaceAll(/^ *(```|~~~)[\s\S]*?^ *\1/gm, '');
}
