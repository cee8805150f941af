// The entry point: words to command, signals to one AbortSignal. The only file that may end the process.

import { createSystemClock } from './adapters/system/clock.ts';
import { exitCode } from './cli/command.ts';
import { runProgram } from './cli/program.ts';
import { createTerminal } from './cli/terminal.ts';

const terminal = createTerminal(process.stdout, process.stderr);
const stop = new AbortController();
/** For what is still open after a stop: the last lines of output are written long before. */
const exitGraceMs = 1000;

for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.on(name, () => {
    if (stop.signal.aborted) process.exit(name === 'SIGINT' ? 130 : 143);
    stop.abort();
  });
}

// A bug that escaped every handler: say so and stop, because the state is unknown. What was acknowledged is on disk.
process.on('uncaughtException', (failure) => {
  terminal.note(`sluice: unexpected failure: ${failure.stack ?? failure.message}`);
  process.exit(exitCode.failed);
});

// A reader that went away (`sluice models list | head`) is not a failure.
process.stdout.on('error', (failure: NodeJS.ErrnoException) => {
  if (failure.code === 'EPIPE') process.exit(exitCode.ok);
  throw failure;
});

process.exitCode = await runProgram(process.argv.slice(2), { terminal, signal: stop.signal });

// Stopped while something was starting: its threads or sockets must not keep the process.
if (stop.signal.aborted) createSystemClock().setTimer(exitGraceMs, () => process.exit());
