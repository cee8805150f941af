// Holds the documentation to the code: generated tables, the JSON Schema, links, the claims of ARCHITECTURE.md and the
// commands of README.md. Run by `npm run check`; `--write` brings the generated parts up to date.

import { existsSync, globSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { parseArgs } from 'node:util';
import { exitCode } from '../src/cli/command.ts';
import { runProgram } from '../src/cli/program.ts';
import { createTerminal } from '../src/cli/terminal.ts';
import { configJsonSchema } from '../src/config/schema.ts';
import {
  callChainOf,
  chapterOf,
  commandLines,
  folderRows,
  folderTableProblems,
  headingAnchors,
  npmScript,
  relativeLinks,
  sectionOf,
  sluiceCommand,
  withSection,
} from './doc-rules.ts';
import { decisionTable, errorTable, metricTable } from './doc-tables.ts';
import { levelOfFolder } from './layer-rules.ts';
import { extraTable, fieldTable, finishTable, statusTable } from './provider-tables.ts';
import { readSourceGraph } from './source-graph.ts';

const root = join(import.meta.dirname, '..');
const { values } = parseArgs({ options: { write: { type: 'boolean', default: false } } });

/** [document, name of its generated section, content] */
const sections: readonly (readonly [string, string, string])[] = [
  ['docs/errors.md', 'errors', errorTable()],
  ['docs/metrics.md', 'metrics', metricTable()],
  ['docs/adr/README.md', 'decisions', decisionTable(root)],
  ['docs/providers.md', 'provider-fields', fieldTable()],
  ['docs/providers.md', 'provider-extra', extraTable()],
  ['docs/providers.md', 'provider-finish', finishTable()],
  ['docs/providers.md', 'provider-status', statusTable()],
];
const schemaFile = 'docs/sluice.schema.json';
const schemaText = (): string => `${JSON.stringify(configJsonSchema(), null, 2)}\n`;

if (values.write) writeGenerated();

const problems = [...checkGenerated(), ...checkLinks(), ...checkArchitecture(), ...(await checkCommands('README.md'))];
for (const problem of problems) console.error(problem);
console.log(`${problems.length} problems in the documentation`);
if (problems.length > 0) process.exitCode = 1;

function writeGenerated(): void {
  for (const [file, name, content] of sections) {
    writeFileSync(join(root, file), withSection(read(file), name, content));
  }
  writeFileSync(join(root, schemaFile), schemaText());
}

function checkGenerated(): string[] {
  const stale = sections.filter(([file, name, content]) => !exists(file) || sectionOf(read(file), name) !== content);
  const files = stale.map(([file]) => file);
  if (!exists(schemaFile) || read(schemaFile) !== schemaText()) files.push(schemaFile);
  return files.map((file) => `${file}: differs from the code; run: node scripts/check-docs.ts --write`);
}

function checkLinks(): string[] {
  const documents = globSync('**/*.md', { cwd: root, exclude: ['node_modules', 'dist', 'data', '.cache', '.git'] });
  return documents.flatMap((document) =>
    relativeLinks(read(document))
      .filter((link) => !resolves(document, link))
      .map((link) => `${document}: the link ${link} leads nowhere`),
  );
}

function resolves(document: string, link: string): boolean {
  const [path = '', anchor] = decodeURIComponent(link).split('#');
  const target = path === '' ? document : normalize(join(path.startsWith('/') ? '.' : dirname(document), path));
  if (!exists(target)) return false;
  if (anchor === undefined || !target.endsWith('.md') || statSync(join(root, target)).isDirectory()) return true;
  return headingAnchors(read(target)).has(anchor);
}

function checkArchitecture(): string[] {
  const file = 'ARCHITECTURE.md';
  if (!exists(file)) return [`${file}: is missing`];
  const text = read(file);
  const folders = readdirSync(join(root, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const names = folders.map((entry) => entry.name);
  const problems = folderTableProblems(folderRows(text), names, levelOfFolder);
  const life = chapterOf(text, 'Life of a request');
  if (life === undefined) problems.push('has no chapter "Life of a request"');
  else problems.push(...checkCallChain(life));
  return problems.map((problem) => `${file}: ${problem}`);
}

function checkCallChain(chapter: string): string[] {
  const { files, imports } = callChainOf(chapter);
  const graph = readSourceGraph(root, ['src']);
  const isImport = (from: string, to: string): boolean =>
    graph.imports.some((edge) => edge.from === from && edge.to === to);
  return [
    ...(files.length < 5 ? ['"Life of a request" names fewer than 5 files'] : []),
    ...files.filter((path) => !exists(path)).map((path) => `names ${path}, which does not exist`),
    ...imports
      .filter(([from, to]) => exists(from) && exists(to) && !isImport(from, to))
      .map(([from, to]) => `claims ${from} → ${to}, but there is no such import (write ⇢ where a port is in between)`),
  ];
}

/** Every npm script and every `sluice` command with its options that the document shows must exist. */
async function checkCommands(document: string): Promise<string[]> {
  if (!exists(document)) return [`${document}: is missing`];
  const lines = commandLines(read(document));
  const scripts: Record<string, string> = JSON.parse(read('package.json')).scripts;
  const helpTexts = new Map<string, string | undefined>();
  const problems: string[] = [];
  for (const line of lines) {
    const name = npmScript(line);
    if (name !== undefined && scripts[name] === undefined) problems.push(`npm script ${name} is not in package.json`);
    const command = sluiceCommand(line);
    if (command === undefined) continue;
    const title = ['sluice', ...command.words].join(' ');
    if (!helpTexts.has(title)) helpTexts.set(title, await helpOf(command.words));
    const help = helpTexts.get(title);
    if (help === undefined) problems.push(`${title} is not a command (${title} --help fails)`);
    else
      problems.push(
        ...command.options.filter((option) => !help.includes(option)).map((option) => `${title} has no ${option}`),
      );
  }
  return problems.map((problem) => `${document}: ${problem}`);
}

/** What `sluice … --help` prints; undefined when there is no such command. */
async function helpOf(words: readonly string[]): Promise<string | undefined> {
  let printed = '';
  const output = { write: (text: string) => (printed += text) };
  const context = { terminal: createTerminal(output, output), signal: new AbortController().signal };
  return (await runProgram([...words, '--help'], context)) === exitCode.ok ? printed : undefined;
}

function exists(path: string): boolean {
  return existsSync(join(root, path));
}

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}
