import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { SluiceError } from '../../core/error.ts';
import { createFileSecrets } from './secrets.ts';

async function withDir(run: (dir: string) => Promise<void>): Promise<void> {
  const parent = mkdtempSync(join(tmpdir(), 'sluice-secrets-'));
  const dir = join(parent, 'secrets');
  mkdirSync(dir);
  chmodSync(dir, 0o755);
  try {
    await run(dir);
  } finally {
    rmSync(parent, { recursive: true, force: true });
  }
}

function put(dir: string, name: string, value: string, mode = 0o600): void {
  writeFileSync(join(dir, name), value);
  chmodSync(join(dir, name), mode);
}

function refused(text: RegExp): (error: unknown) => boolean {
  return (error) => error instanceof SluiceError && error.reason === 'config_invalid' && text.test(error.message);
}

test('file secrets: the value is the file without its last newline, read anew each time', () =>
  withDir(async (dir) => {
    const secrets = createFileSecrets({ dir });
    put(dir, 'openai', 'sk-one\n');
    assert.equal(await secrets.get('openai'), 'sk-one');
    put(dir, 'openai', 'sk-two\r\n');
    assert.equal(await secrets.get('openai'), 'sk-two');
    put(dir, 'pem', 'a\nb\n\n');
    assert.equal(await secrets.get('pem'), 'a\nb\n');
  }));

test('file secrets: a missing secret says where to put it', () =>
  withDir(async (dir) => {
    const missing = createFileSecrets({ dir }).get('open-ai.eu');
    await assert.rejects(
      missing,
      refused(
        /"open-ai\.eu" is not set: put its value into .*secrets\/open-ai\.eu \(mode 600\) or into SLUICE_SECRET_OPEN_AI_EU\./,
      ),
    );
    await assert.rejects(createFileSecrets({ dir: join(dir, 'none') }).get('x'), refused(/is not set/));
  }));

test('file secrets: values of the environment win over files', () =>
  withDir(async (dir) => {
    put(dir, 'openai', 'from file');
    const secrets = createFileSecrets({ dir, overrides: new Map([['openai', 'from environment']]) });
    assert.equal(await secrets.get('openai'), 'from environment');
  }));

test('file secrets: a name cannot leave the folder', () =>
  withDir(async (dir) => {
    put(join(dir, '..'), 'outside', 'x');
    const secrets = createFileSecrets({ dir });
    for (const name of ['../outside', '..', '.', '', '.hidden', '/etc/passwd', 'a/b', 'a\u0000b', 'x'.repeat(200)]) {
      await assert.rejects(secrets.get(name), refused(/name of a secret/));
    }
  }));

test('file secrets: a file that other users can read is refused', () =>
  withDir(async (dir) => {
    put(dir, 'openai', 'x', 0o644);
    await assert.rejects(
      createFileSecrets({ dir }).get('openai'),
      refused(/can be read by other users: run "chmod 600 /),
    );
    chmodSync(dir, 0o700);
    assert.equal(await createFileSecrets({ dir }).get('openai'), 'x');
  }));

test('file secrets: a Kubernetes volume is world-readable by design and accepted', () =>
  withDir(async (dir) => {
    mkdirSync(join(dir, '..2026_01_01'));
    put(join(dir, '..2026_01_01'), 'openai', 'x', 0o644);
    symlinkSync('..2026_01_01', join(dir, '..data'));
    symlinkSync('..data/openai', join(dir, 'openai'));
    assert.equal(await createFileSecrets({ dir }).get('openai'), 'x');
  }));

test('file secrets: an empty, huge or odd file is refused, a FIFO does not hang', () =>
  withDir(async (dir) => {
    const secrets = createFileSecrets({ dir });
    put(dir, 'empty', '\n');
    await assert.rejects(secrets.get('empty'), refused(/"empty" is empty/));
    put(dir, 'huge', 'x'.repeat(70_000));
    await assert.rejects(secrets.get('huge'), refused(/longer than 65536 bytes/));
    mkdirSync(join(dir, 'folder'));
    await assert.rejects(secrets.get('folder'), refused(/is not a file/));
    execFileSync('mkfifo', [join(dir, 'fifo')]);
    await assert.rejects(secrets.get('fifo'), refused(/is not a file/));
  }));
