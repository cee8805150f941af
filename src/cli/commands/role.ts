// `sluice all|edge|inference|worker|retrieval`: runs a role until it is told to stop.

import { join } from 'node:path';
import { createFileSecrets } from '../../adapters/files/secrets.ts';
import { createTokenEstimator } from '../../adapters/gpt-tokenizer/token-estimator.ts';
import { createPinoLog, type PinoLog } from '../../adapters/pino/log.ts';
import { createPrometheusMetrics } from '../../adapters/prometheus/metrics.ts';
import { createSystemClock } from '../../adapters/system/clock.ts';
import { createSystemIds } from '../../adapters/system/ids.ts';
import type { Config } from '../../config/config.ts';
import { readEnvironment } from '../../config/environment.ts';
import { type ConfigWatch, watchConfig } from '../../config/watch.ts';
import { developmentKeyFile } from '../../roles/components/api-keys.ts';
import { type Readiness, type RunningRole, startRole } from '../../roles/lifecycle.ts';
import type { Addresses, Role, RoleName } from '../../roles/role.ts';
import { createConfigHolder, type Runtime } from '../../roles/runtime.ts';
import { type Command, type CommandContext, exitCode, type ParsedArguments } from '../command.ts';
import { configOptions, load, withConfig } from '../config-options.ts';
import { welcome } from '../welcome.ts';

/** Loads a role's table; only the code of that role is loaded. */
type RoleLoader = () => Promise<{ createRole(runtime: Runtime): Role }>;

/** The roles and what each is for. */
const roles: Readonly<Record<RoleName, { readonly summary: string; readonly load: RoleLoader }>> = {
  all: { summary: 'Run everything in one process.', load: () => import('../../roles/all.ts') },
  edge: {
    summary: 'Run the HTTP edge; needs --set inference=grpc://HOST:PORT.',
    load: () => import('../../roles/edge.ts'),
  },
  inference: { summary: 'Run the inference service on gRPC.', load: () => import('../../roles/inference.ts') },
  worker: {
    summary: 'Run a worker; needs --set inference=grpc://HOST:PORT. Idle: there are no job kinds yet.',
    load: () => import('../../roles/worker.ts'),
  },
  retrieval: {
    summary: 'Run semantic memory. Idle: there is no retrieval service yet.',
    load: () => import('../../roles/retrieval.ts'),
  },
};

/** The command of each role. */
export const roleCommands: readonly Command[] = (Object.keys(roles) as RoleName[]).map(roleCommand);

function roleCommand(name: RoleName): Command {
  return {
    name,
    summary: roles[name].summary,
    details:
      'Stops on SIGINT or SIGTERM: takes no new calls, finishes those under way within limits.drainMs, then exits.\n' +
      'A second signal exits at once. With --config, a changed file is taken over while it runs, unless it has faults.',
    options: {
      ...configOptions,
      'ready-json': { type: 'boolean', help: 'Once ready, print one line of JSON with the addresses and the pid.' },
    },
    run: (input, context) =>
      withConfig(input, context, (config, files) => runRole(name, config, files, input, context)),
  };
}

async function runRole(
  name: RoleName,
  config: Config,
  files: readonly string[],
  input: ParsedArguments,
  context: CommandContext,
): Promise<number> {
  const log = createLog(name, config, context);
  let role: RunningRole | undefined;
  const starting: Readiness = { ready: false, checks: { role: 'starting' } };
  const runtime = createRuntime(name, config, log, context, () => role?.readiness() ?? starting);
  const watch = watchFile(runtime, files, input, context);
  try {
    const { createRole } = await roles[name].load();
    const table = createRole(runtime);
    role = await startRole(table.components, { ...runtime, signal: context.signal });
    await announce(table, role, runtime, input, context);
    await untilAborted(context.signal);
    log.info({ drainMs: runtime.config.current().limits.drainMs }, 'stopping: finishing calls under way');
    await role.shutDown(runtime.config.current().limits.drainMs);
    log.info({}, 'stopped');
    return exitCode.ok;
  } catch (failure) {
    if (!context.signal.aborted || role !== undefined) throw failure;
    log.info({}, 'stopped before it had started');
    return exitCode.ok;
  } finally {
    watch?.close();
    log.flush();
  }
}

function createLog(role: RoleName, config: Config, context: CommandContext): PinoLog {
  const { logLevel, logFormat } = config.telemetry;
  const automatic = context.terminal.isInteractive ? 'pretty' : 'json';
  return createPinoLog({ level: logLevel, format: logFormat === 'auto' ? automatic : logFormat, base: { role } });
}

function createRuntime(
  role: RoleName,
  config: Config,
  log: PinoLog,
  context: CommandContext,
  readiness: () => Readiness,
): Runtime {
  const clock = createSystemClock();
  return {
    role,
    config: createConfigHolder(config),
    clock,
    ids: createSystemIds(clock),
    log,
    metrics: createPrometheusMetrics(),
    estimator: createTokenEstimator(),
    secrets: createFileSecrets({ dir: config.secrets.dir, overrides: readEnvironment(context.env).secrets }),
    readiness,
  };
}

/** Follows the configuration file, when there is one. */
function watchFile(
  runtime: Runtime,
  files: readonly string[],
  input: ParsedArguments,
  context: CommandContext,
): ConfigWatch | undefined {
  const [file] = files;
  if (file === undefined) return undefined;
  const { log, metrics, config } = runtime;
  return watchConfig({
    file,
    current: config.current(),
    load: () => load(input, context),
    timers: runtime.clock,
    onChange(next, { changed, needRestart }) {
      config.replace(next);
      metrics.add('sluice_config_reloads_total', ['applied']);
      log.info({ changed }, 'configuration reloaded');
      if (needRestart.length > 0) log.warn({ needRestart }, 'these changes take effect after a restart');
    },
    onRefused(problems) {
      metrics.add('sluice_config_reloads_total', ['refused']);
      log.error({ problems }, 'the changed configuration has faults and was refused; the old one serves on');
    },
  });
}

async function announce(
  table: Role,
  role: RunningRole,
  runtime: Runtime,
  input: ParsedArguments,
  { terminal }: CommandContext,
): Promise<void> {
  const addresses: Addresses = table.addresses(role.use);
  runtime.log.info({ ...addresses }, 'ready');
  if (input.flag('ready-json')) {
    terminal.line(JSON.stringify({ ready: true, ...addresses, pid: process.pid }));
    return;
  }
  const developmentKey = table.developmentKey?.(role.use);
  terminal.line(
    welcome({
      role: runtime.role,
      addresses,
      keyFile: join(runtime.config.current().dataDir, developmentKeyFile),
      newKey: terminal.isInteractive ? developmentKey : undefined,
      hasHiddenKey: !terminal.isInteractive && developmentKey !== undefined,
    }),
  );
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
