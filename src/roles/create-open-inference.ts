// The provider of a section of type open-inference: what its models are for, with the templates that it names.

import type { OpenInferenceConfig, OpenInferenceModelConfig } from '../config/config.ts';
import type { Clock } from '../ports/clock.ts';
import type { ModelProvider } from '../ports/model.ts';
import type { Secrets } from '../ports/secrets.ts';
import type { TokenEstimator } from '../ports/token-estimator.ts';
import { promptTemplates } from '../providers/open-inference/prompt.ts';
import { createOpenInferenceProvider, type OpenInferenceOptions } from '../providers/open-inference/provider.ts';
import type { Log } from '../telemetry/log.ts';
import { readTls } from './components/inference-client.ts';
import { resolveHeaders } from './resolve-headers.ts';

/** What it is made with. */
export interface OpenInferenceServices {
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly estimator: TokenEstimator;
  readonly log: Log;
}

/** The provider. Secrets and certificates are read at the first call, or when it is asked to be ready. */
export function createOpenInference(
  name: string,
  config: OpenInferenceConfig,
  services: OpenInferenceServices,
): ModelProvider {
  const { secrets, clock, estimator, log } = services;
  const { apiKey, tls, url, generateUrl, proxy, concurrency, binaryData } = config;
  return createOpenInferenceProvider({
    name,
    url,
    generateUrl,
    ...(apiKey === undefined ? {} : { apiKey: () => secrets.get(apiKey.secret) }),
    headers: () => resolveHeaders(config.headers, secrets),
    ...(tls === undefined ? {} : { tls: () => readTls(tls) }),
    proxy,
    concurrency,
    binaryData,
    tasks: tasksOf(config.models),
    clock,
    log,
    estimator,
  });
}

type Tasks = NonNullable<OpenInferenceOptions['tasks']>;

/** A model that only takes tensors has no task: it stands in the configuration to be listed. */
function tasksOf(models: Readonly<Record<string, OpenInferenceModelConfig>>): Tasks {
  const tasks: Record<string, Tasks[string]> = {};
  for (const [model, config] of Object.entries(models)) {
    if (config.task === 'generate') {
      const { template } = config;
      tasks[model] = { ...config, template: typeof template === 'string' ? promptTemplates[template] : template };
    } else if (config.task !== 'infer') tasks[model] = config;
  }
  return tasks;
}
