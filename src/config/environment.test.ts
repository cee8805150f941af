import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readEnvironment } from './environment.ts';

test('environment: only the variables of Sluice are read, empty ones count as absent', () => {
  const { secrets, ...rest } = readEnvironment({
    SLUICE_CONFIG: 'a.yaml',
    SLUICE_DATA_DIR: '',
    SLUICE_API_KEY: 'sk-sluice-x',
    NO_COLOR: '1',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c',
    SLUICE_SECRET_OPENAI_EU: 'one',
    SLUICE_SECRET_EMPTY: '',
    HOME: '/root',
  });
  assert.deepEqual(rest, { configFile: 'a.yaml', apiKey: 'sk-sluice-x', noColor: true, otlpEndpoint: 'http://c' });
  assert.deepEqual([...secrets], [['openai-eu', 'one']]);
});
