// Makes dist/ for the published package and the container image: JavaScript, declarations and the files beside them
// (weights, JSON). A checkout does not need it: Node runs the TypeScript as it is.

import { spawnSync } from 'node:child_process';
import { cpSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rewriteFileUrls } from './rewrite-file-urls.ts';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');

rmSync(dist, { recursive: true, force: true });

const compiler = join(root, 'node_modules/typescript/bin/tsc');
const compile = spawnSync(process.execPath, [compiler, '--project', 'scripts/tsconfig.build.json'], {
  cwd: root,
  stdio: 'inherit',
});
if (compile.status !== 0) {
  rmSync(dist, { recursive: true, force: true }); // half a build must not be taken for one
  process.exit(1);
}

const scripts = globSync('**/*.js', { cwd: dist });
for (const file of scripts) {
  const path = join(dist, file);
  writeFileSync(path, rewriteFileUrls(file, readFileSync(path, 'utf8')));
}

const assets = globSync('**/*', { cwd: join(root, 'src'), withFileTypes: true })
  .filter((entry) => entry.isFile() && !entry.name.endsWith('.ts'))
  .map((entry) => join(entry.parentPath, entry.name).slice(join(root, 'src').length + 1))
  .filter((file) => !file.split('/').includes('fixtures'));
for (const file of assets) cpSync(join(root, 'src', file), join(dist, file));

console.log(`dist/: ${scripts.length} modules, ${assets.length} other files`);
