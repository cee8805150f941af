// Time, ids, secrets and a quiet log for commands that do one thing and end.

import { createFileSecrets } from '../adapters/files/secrets.ts';
import { createTokenEstimator } from '../adapters/gpt-tokenizer/token-estimator.ts';
import { createPinoLog } from '../adapters/pino/log.ts';
import { createSystemClock } from '../adapters/system/clock.ts';
import { createSystemIds } from '../adapters/system/ids.ts';
import type { Config } from '../config/config.ts';
import { readEnvironment } from '../config/environment.ts';
import type { ProviderServices } from '../roles/create-provider.ts';
import type { CommandContext } from './command.ts';

/** What such a command needs; its log shows failures only, on standard error. */
export function commandTools(config: Config, context: CommandContext): ProviderServices {
  const clock = createSystemClock();
  const { secrets } = readEnvironment(context.env);
  return {
    dataDir: config.dataDir,
    clock,
    ids: createSystemIds(clock),
    log: createPinoLog({ level: 'error', format: 'pretty' }),
    estimator: createTokenEstimator(),
    secrets: createFileSecrets({ dir: config.secrets.dir, overrides: secrets }),
  };
}
