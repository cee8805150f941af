import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { commandGroups, runProgram } from './program.ts';
import { createTerminal } from './terminal.ts';

/** Runs a command line and keeps what a person would have seen. */
async function sluice(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  let out = '';
  let err = '';
  const terminal = createTerminal({ write: (text) => (out += text) }, { write: (text) => (err += text) });
  const code = await runProgram(args, { terminal, signal: new AbortController().signal, env: {} });
  return { code, out, err };
}

describe('command line', () => {
  let dir = '';
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'sluice-cli-'));
  });
  after(() => rm(dir, { recursive: true }));

  it('help: names every command, and each command has a help of its own with every option', async () => {
    const program = await sluice('--help');
    assert.equal(program.code, 0);
    for (const command of commandGroups.flatMap(([, commands]) => commands)) {
      assert.ok(program.out.includes(`  ${command.name}`), command.name);
      const help = await sluice(...command.name.split(' '), '--help');
      assert.equal(help.code, 0);
      assert.ok(help.out.includes(command.summary));
      for (const option of Object.keys(command.options)) assert.ok(help.out.includes(`--${option}`), option);
    }
  });

  it('no command: shows the help and fails as wrong usage', async () => {
    const { code, out } = await sluice();
    assert.equal(code, 2);
    assert.match(out, /Usage: sluice <command>/);
  });

  it('unknown command: says so in one line', async () => {
    assert.deepEqual(await sluice('serve'), {
      code: 2,
      out: '',
      err: "sluice: there is no command 'serve'. See: sluice --help\n",
    });
  });

  it('half a command: names the other half', async () => {
    const { code, err } = await sluice('keys');
    assert.equal(code, 2);
    assert.equal(err, 'sluice keys: expected one of: create, list, revoke. See: sluice --help\n');
  });

  it('half a command with --help: shows the help of each whole one', async () => {
    const { code, out } = await sluice('keys', '--help');
    assert.equal(code, 0);
    for (const word of ['create', 'list', 'revoke']) assert.match(out, new RegExp(`Usage: sluice keys ${word}`));
  });

  it('unknown option: names it and points to the help', async () => {
    const { code, err } = await sluice('keys', 'list', '--jsn');
    assert.equal(code, 2);
    assert.equal(err, "sluice keys list: unknown option '--jsn'. See: sluice keys list --help\n");
  });

  it('keys: create prints only the key, list shows no key, revoke is final', async () => {
    const created = await sluice('keys', 'create', '--data-dir', dir, '--name', 'shop', '--quiet');
    assert.equal(created.code, 0);
    assert.match(created.out, /^sk-sluice-[A-Za-z0-9]+\n$/);
    assert.equal(created.err, '');

    const listed = await sluice('keys', 'list', '--data-dir', dir, '--json');
    const [record] = JSON.parse(listed.out) as { id: string; name: string; state: string; hash?: string }[];
    assert.equal(record?.name, 'shop');
    assert.equal(record?.state, 'valid');
    assert.equal(record?.hash, undefined);
    assert.ok(!listed.out.includes(created.out.trim()));

    assert.equal((await sluice('keys', 'revoke', record?.id ?? '', '--data-dir', dir)).code, 0);
    const table = await sluice('keys', 'list', '--data-dir', dir);
    assert.match(table.out, /shop .* revoked \d{4}-\d{2}-\d{2}/);
  });

  it('keys revoke: an unknown id is a failure with a reason, not a stack trace', async () => {
    const { code, err } = await sluice('keys', 'revoke', 'key_nope', '--data-dir', dir);
    assert.equal(code, 1);
    assert.match(err, /^sluice keys revoke: .*key_nope.*\n$/);
  });

  it('keys create: a lifetime that is not one is wrong usage', async () => {
    const { code, err } = await sluice('keys', 'create', '--data-dir', dir, '--name', 'x', '--expires-in', 'soon');
    assert.equal(code, 2);
    assert.match(err, /expected a number with m, h or d, such as 90d, not 'soon'/);
  });

  it('config check: shows every fault of a file with its line', async () => {
    const file = join(dir, 'sluice.yaml');
    await writeFile(file, 'listen: { http: nowhere }\nmodels:\n  chat: { targets: [absent/model] }\n');
    const { code, err } = await sluice('config', 'check', '--config', file, '--data-dir', dir);
    assert.equal(code, 1);
    assert.match(err, /listen\.http/);
    assert.match(err, /sluice\.yaml:3/);
    assert.match(err, /models\.chat\.targets/);
  });

  it('config schema: prints a JSON Schema that knows the sections', async () => {
    const { out } = await sluice('config', 'schema');
    const schema = JSON.parse(out) as { properties: Record<string, unknown> };
    for (const section of ['listen', 'providers', 'models']) assert.ok(section in schema.properties);
  });

  it('config print: is itself a valid configuration', async () => {
    const { out } = await sluice('config', 'print', '--data-dir', dir);
    const file = join(dir, 'printed.yaml');
    await writeFile(file, out);
    const { code, err } = await sluice('config', 'check', '--config', file);
    assert.equal(code, 0, err);
  });
});
