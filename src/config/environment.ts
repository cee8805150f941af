// The environment variables of Sluice. This folder is the only reader of process.env.

/** What Sluice takes from the environment. Empty variables count as absent. */
export interface Environment {
  /** SLUICE_CONFIG: the configuration file, where `--config` names none. */
  readonly configFile?: string;
  /** SLUICE_DATA_DIR: as `dataDir`, where neither file nor flags set it. */
  readonly dataDir?: string;
  /** SLUICE_API_KEY: the key that client commands send. */
  readonly apiKey?: string;
  /** NO_COLOR is set (no-color.org). */
  readonly noColor: boolean;
  /** OTEL_EXPORTER_OTLP_ENDPOINT: as `telemetry.otlp.endpoint`, where neither file nor flags set it. */
  readonly otlpEndpoint?: string;
  /** Secrets by name, in lower case with dashes: SLUICE_SECRET_OPENAI_EU is the secret `openai-eu`. */
  readonly secrets: ReadonlyMap<string, string>;
}

/** Variables by name. */
export type Variables = Readonly<Record<string, string | undefined>>;

const secretPrefix = 'SLUICE_SECRET_';

/** Reads the variables that Sluice knows; `env` defaults to process.env. */
export function readEnvironment(env: Variables = process.env): Environment {
  const read = (name: string): string | undefined => env[name] || undefined;
  const configFile = read('SLUICE_CONFIG');
  const dataDir = read('SLUICE_DATA_DIR');
  const apiKey = read('SLUICE_API_KEY');
  const otlpEndpoint = read('OTEL_EXPORTER_OTLP_ENDPOINT');
  return {
    ...(configFile === undefined ? {} : { configFile }),
    ...(dataDir === undefined ? {} : { dataDir }),
    ...(apiKey === undefined ? {} : { apiKey }),
    ...(otlpEndpoint === undefined ? {} : { otlpEndpoint }),
    noColor: read('NO_COLOR') !== undefined,
    secrets: new Map(secretsOf(env)),
  };
}

function* secretsOf(env: Variables): Iterable<[string, string]> {
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith(secretPrefix) || !value) continue;
    yield [name.slice(secretPrefix.length).toLowerCase().replaceAll('_', '-'), value];
  }
}
