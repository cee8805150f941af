// `sluice doctor`: looks at everything that a start needs and says how to mend what is wrong.

import type { Config } from '../../config/config.ts';
import { formatProblems } from '../../config/problem.ts';
import { type Command, type CommandContext, exitCode } from '../command.ts';
import { configOptions, load } from '../config-options.ts';
import { type Finding, inspect } from '../inspections.ts';

/** Inspects this machine and the configuration. */
export const doctor: Command = {
  name: 'doctor',
  summary: 'Check runtime, configuration, ports, store, secrets, models and servers; says how to mend what is wrong.',
  options: { json: { type: 'boolean', help: 'Print JSON.' }, ...configOptions },
  async run(input, context) {
    const result = load(input, context);
    const findings =
      'problems' in result
        ? [configFinding(formatProblems(result.problems))]
        : await findingsOf(result.config, context);
    if (input.flag('json')) context.terminal.line(JSON.stringify(findings, null, 2));
    else for (const finding of findings) context.terminal.line(render(finding));
    return findings.some((finding) => finding.state === 'bad') ? exitCode.failed : exitCode.ok;
  },
};

async function findingsOf(config: Config, context: CommandContext): Promise<Finding[]> {
  const findings: Finding[] = [{ subject: 'configuration', state: 'good', says: 'valid' }];
  for (const inspection of inspect(config, context)) findings.push(...(await inspection));
  return findings;
}

function configFinding(says: string): Finding {
  return { subject: 'configuration', state: 'bad', says, mend: 'Correct the values named above.' };
}

const marks: Readonly<Record<Finding['state'], string>> = { good: '✓', note: '·', bad: '✗' };

function render({ subject, state, says, mend }: Finding): string {
  const advice = mend === undefined ? '' : `\n    → ${mend}`;
  return `${marks[state]} ${subject}: ${says}${advice}`;
}
