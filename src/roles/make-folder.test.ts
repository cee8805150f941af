import assert from 'node:assert/strict';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeFolder } from './make-folder.ts';

test('make folder: makes every missing level for this user only, also when asked at once', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'sluice-folder-'));
  t.after(() => rm(root, { recursive: true }));
  const path = join(root, 'a/b/c');
  await Promise.all([makeFolder(path), makeFolder(path)]);
  assert.equal((await stat(path)).mode & 0o777, 0o700);
  await makeFolder(path);
});

test('make folder: a file in the way, and a place where nothing can be made, are named', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'sluice-folder-'));
  t.after(() => rm(root, { recursive: true }));
  await writeFile(join(root, 'file'), '');
  await assert.rejects(makeFolder(join(root, 'file')), { reason: 'config_invalid', message: /it is a file/ });
  await assert.rejects(makeFolder(join(root, 'file/below')), { reason: 'config_invalid' });
  if (process.platform === 'linux') await assert.rejects(makeFolder('/proc/x'), { reason: 'config_invalid' });
});
