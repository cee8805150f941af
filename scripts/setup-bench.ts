// Makes sure that nginx and wrk are here, which the benchmark uses as upstream and as client. Installs them from Debian when it
// may; otherwise says what to run. Exit code 1 when one is missing afterwards.

import { spawnSync } from 'node:child_process';

/** [command that must be found, Debian package that brings it] */
const tools: readonly (readonly [string, string])[] = [
  ['nginx', 'nginx-light'],
  ['wrk', 'wrk'],
];

const missing = tools.filter(([command]) => !isInstalled(command)).map(([, packageName]) => packageName);
if (missing.length > 0) install(missing);
for (const [command, packageName] of tools) {
  if (isInstalled(command)) continue;
  console.error(`set-up: ${command} is missing; run as root: apt-get install ${packageName}`);
  process.exitCode = 1;
}

function install(packages: readonly string[]): void {
  if (process.getuid?.() !== 0 || !isInstalled('apt-get')) return;
  console.error(`set-up: installing ${packages.join(' ')} from Debian`);
  // A service that the package starts would take port 80; the benchmark starts nginx itself.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  spawnSync('apt-get', ['update', '--quiet'], { stdio: 'ignore', env });
  spawnSync('apt-get', ['install', '--yes', '--no-install-recommends', ...packages], { stdio: 'ignore', env });
}

function isInstalled(command: string): boolean {
  return (
    spawnSync('sh', ['-c', `command -v ${command} || test -x /usr/sbin/${command}`], { stdio: 'ignore' }).status === 0
  );
}
