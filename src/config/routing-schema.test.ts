import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configOf, linesOf, withFile } from '../../test/fixtures/config-files.ts';
import { printConfig } from './print.ts';

const providers = `providers:
  a: { type: openai-compatible, baseUrl: http://a/v1 }
  b: { type: openai-compatible, baseUrl: http://b/v1 }
`;

/** The faults of the alias `m`, with the lines of its own text: 1 is the first. */
function faultsOf(model: string): string[] {
  return linesOf(`${providers}models:\n  m:\n${model}`).map((line) =>
    line.replace(/^(\d+)/, (number) => String(Number(number) - 5)),
  );
}

test('config routing: targets with all their settings are read, beside plain ones, and printed as they were', () => {
  const yaml = `${providers}models:
  m:
    targets:
      - { target: a/x, weight: 3, priority: 1 }
      - b/x
      - { target: b/next, canary: { share: 0.05, name: next } }
    routing: { by: weight, sticky: conversation }
  cheap:
    targets:
      - { target: a/x, usdPerMillionTokens: { input: 0.25, output: 2 } }
      - { target: b/x, usdPerMillionTokens: { input: 0, output: 0 } }
    routing: { by: cost }
`;
  const { models } = withFile(yaml, (file) => configOf({ file }));
  assert.deepEqual(models['m']?.targets, [
    { target: 'a/x', weight: 3, priority: 1 },
    'b/x',
    { target: 'b/next', canary: { share: 0.05, name: 'next' } },
  ]);
  assert.deepEqual(models['m']?.routing, { by: 'weight', sticky: 'conversation' });
  assert.deepEqual(models['cheap']?.routing, { by: 'cost', sticky: 'none' });
  const printed = withFile(yaml, (file) => printConfig(configOf({ file })));
  assert.deepEqual(
    withFile(printed, (file) => configOf({ file }).models),
    models,
  );
});

test('config routing: faults of the form are told with their place', () => {
  const lines = faultsOf(`    targets:
      - { target: a, weight: -1, priority: 0.5 }
      - { target: c/x, wieght: 1 }
      - { target: a/x, canary: { share: 2, name: "a b" } }
      - 5
      - {}
    routing: { by: latenzy }
`);
  assert.deepEqual(lines, [
    '2:19 models.m.targets[0].target: found "a", expected PROVIDER/MODEL, such as local/chat',
    '2:30 models.m.targets[0].weight: found -1, expected nothing, unless routing.by is weight or routing.sticky is conversation',
    '2:30 models.m.targets[0].weight: found -1, expected a number from 0 to 1000000',
    '2:44 models.m.targets[0].priority: found 0.5, expected a whole number from 0 to 1000',
    '3:19 models.m.targets[1].target: found "c/x", expected a model of a configured provider: a/…, b/… (did you mean "a/x"?)',
    '3:24 models.m.targets[1].wieght: found the unknown key "wieght", expected one of target, weight, priority, canary, usdPerMillionTokens (did you mean "weight"?)',
    '4:41 models.m.targets[2].canary.share: found 2, expected a number from 0 to 1',
    '4:50 models.m.targets[2].canary.name: found "a b", expected a name of at most 64 letters, digits, ".", "_" and "-"',
    '5:9 models.m.targets[3]: found 5, expected PROVIDER/MODEL, or a section with target: PROVIDER/MODEL',
    '6:9 models.m.targets[4].target: found nothing, expected PROVIDER/MODEL',
    '7:20 models.m.routing.by: found "latenzy", expected one of order, weight, latency, cost',
  ]);
});

test('config routing: a setting that does nothing, or lacks another, is a fault', () => {
  assert.deepEqual(
    faultsOf(`    targets:
      - { target: a/x, weight: 2 }
      - { target: b/x, usdPerMillionTokens: { input: 1, output: 1 } }
`),
    [
      '2:32 models.m.targets[0].weight: found 2, expected nothing, unless routing.by is weight or routing.sticky is conversation',
      '3:45 models.m.targets[1].usdPerMillionTokens: found a section, expected nothing, unless routing.by is cost',
    ],
  );
  assert.deepEqual(
    faultsOf(`    targets:
      - a/x
      - { target: b/x, canary: { share: 0.5 }, priority: 2 }
      - { target: b/y, canary: {} }
      - { target: b/z, canary: { share: 0.6 } }
    routing: { by: cost }
`),
    [
      '2:9 models.m.targets[0]: found "a/x", expected a section with usdPerMillionTokens, since routing.by is cost',
      '3:58 models.m.targets[1].priority: found 2, expected nothing beside canary, which says when the target is asked',
      '4:32 models.m.targets[2].canary: found a section, expected a share above 0, a name, or both',
      '5:41 models.m.targets[3].canary.share: found 0.6, expected shares of all canaries that are 1 together at most',
    ],
  );
  assert.deepEqual(faultsOf('    targets: [{ target: a/x, canary: { share: 1 } }]\n'), [
    '1:14 models.m.targets: found a list, expected at least one target that is no canary',
  ]);
});
