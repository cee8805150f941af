// What `sluice doctor` looks at, one function each. An inspection changes nothing that a start would not change too.

import { access, constants } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { request } from 'undici';
import { createSqliteApiKeyStore } from '../adapters/sqlite/api-key-store.ts';
import { openDatabase } from '../adapters/sqlite/database.ts';
import type {
  Address,
  AnthropicConfig,
  Config,
  InferenceConfig,
  LocalProviderConfig,
  OpenAiCompatibleConfig,
  OpenAiConfig,
  OpenInferenceConfig,
  VertexConfig,
} from '../config/config.ts';
import { toSluiceError } from '../core/error.ts';
import type { ModelCall } from '../ports/model.ts';
import { formatAddress } from '../roles/addresses.ts';
import { readTls } from '../roles/components/inference-client.ts';
import { createOpenInference } from '../roles/create-open-inference.ts';
import { createProvider, type ProviderServices } from '../roles/create-provider.ts';
import { vertexAuth } from '../roles/create-vertex.ts';
import { makeFolder } from '../roles/make-folder.ts';
import { createInferenceClient } from '../rpc/inference-client.ts';
import { type CommandContext, describeFailure } from './command.ts';
import { commandTools } from './tools.ts';

/** What an inspection found. */
export interface Finding {
  readonly subject: string;
  /** `bad` keeps something from working; `note` is worth knowing. */
  readonly state: 'good' | 'note' | 'bad';
  readonly says: string;
  /** What to do about it. */
  readonly mend?: string;
}

/** Longest wait for a server on the network. */
const networkTimeoutMs = 5_000;

/** All inspections of a valid configuration, in the order in which a start needs them. Each runs when it is awaited in turn. */
export function* inspect(config: Config, context: CommandContext): Generator<Promise<Finding[]>> {
  const tools = commandTools(config, context);
  yield Promise.resolve([runtime()]);
  yield dataDirectory(config);
  for (const name of ['http', 'admin', 'grpc'] as const) yield port(name, config);
  yield store(config, tools);
  for (const [name, section] of Object.entries(config.providers)) {
    if (section.type === 'local') yield localModels(name, section, tools, context.signal);
    else if (section.type === 'vertex') yield vertex(name, section, tools);
    else if (section.type === 'open-inference') yield openInference(name, section, tools);
    else yield remoteProvider(name, section, config, tools);
  }
  if (config.inference !== undefined) yield inferenceService(config.inference, tools);
}

function runtime(): Finding {
  const [major = 0] = process.versions.node.split('.').map(Number);
  const says = `Node.js ${process.versions.node}`;
  return major >= 24
    ? { subject: 'runtime', state: 'good', says }
    : {
        subject: 'runtime',
        state: 'bad',
        says,
        mend: 'Run `npm ci`, which installs the pinned runtime, and use npm start.',
      };
}

async function dataDirectory(config: Config): Promise<Finding[]> {
  const subject = 'data directory';
  try {
    await makeFolder(config.dataDir);
    await access(config.dataDir, constants.W_OK);
    return [{ subject, state: 'good', says: `${config.dataDir} can be written` }];
  } catch (failure) {
    const mend = 'Choose a folder that this user can write: --data-dir DIR.';
    return [{ subject, state: 'bad', says: `${config.dataDir}: ${describeFailure(failure)}`, mend }];
  }
}

async function port(name: 'http' | 'admin' | 'grpc', config: Config): Promise<Finding[]> {
  const subject = `listen.${name}`;
  const address = config.listen[name];
  const where = formatAddress(address);
  const failure = await tryListen(address);
  if (failure === undefined) return [{ subject, state: 'good', says: `${where} is free` }];
  if (await isSluice(config.listen.admin)) {
    return [{ subject, state: 'note', says: `${where} is in use by a running Sluice` }];
  }
  const mend = `Stop what listens there or choose another: --set listen.${name}=${address.host}:PORT.`;
  return [{ subject, state: 'bad', says: `${where}: ${failure.message}`, mend }];
}

function tryListen({ host, port: number }: Address): Promise<Error | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', resolve);
    server.listen(number, host, () => server.close(() => resolve(undefined)));
  });
}

/** Asks the admin listener, which every role has, for a metric that only Sluice has. */
async function isSluice(admin: Address): Promise<boolean> {
  try {
    const url = `http://${formatAddress(admin)}/metrics`;
    const { body } = await request(url, { headersTimeout: networkTimeoutMs, bodyTimeout: networkTimeoutMs });
    return (await body.text()).includes('sluice_http_requests_total');
  } catch {
    return false;
  }
}

async function store(config: Config, tools: ProviderServices): Promise<Finding[]> {
  const { path } = config.store;
  try {
    await makeFolder(dirname(path));
    const database = await openDatabase({ path, clock: tools.clock, log: tools.log });
    const keys = await createSqliteApiKeyStore(database).list();
    await database.close();
    const valid = keys.filter((key) => key.revokedAtMs === undefined).length;
    return [{ subject: 'store', state: 'good', says: `${path} opens; ${valid} API key(s) that are not revoked` }];
  } catch (failure) {
    return [
      {
        subject: 'store',
        state: 'bad',
        says: describeFailure(failure),
        mend: 'Restore the file or choose another: --set store=sqlite:PATH.',
      },
    ];
  }
}

async function localModels(
  name: string,
  section: LocalProviderConfig,
  tools: ProviderServices,
  signal: AbortSignal,
): Promise<Finding[]> {
  const provider = createProvider(name, section, tools);
  const subject = `provider ${name}`;
  try {
    await provider.ready(signal);
    const models = provider.models().map((model) => model.id);
    return [{ subject, state: 'good', says: `loads ${models.join(', ')}` }];
  } catch (failure) {
    return [
      {
        subject,
        state: 'bad',
        says: describeFailure(failure),
        mend: `Correct providers.${name}.models, or fetch the model: sluice models pull REPO.`,
      },
    ];
  } finally {
    await provider.close();
  }
}

async function remoteProvider(
  name: string,
  section: OpenAiCompatibleConfig | OpenAiConfig | AnthropicConfig,
  config: Config,
  tools: ProviderServices,
): Promise<Finding[]> {
  const subject = `provider ${name}`;
  const headers: Record<string, string> = {};
  if (section.apiKey !== undefined) {
    try {
      const key = await tools.secrets.get(section.apiKey.secret);
      if (section.type === 'anthropic') Object.assign(headers, { 'x-api-key': key, 'anthropic-version': '2023-06-01' });
      else headers['authorization'] = `Bearer ${key}`;
    } catch (failure) {
      return [
        {
          subject,
          state: 'bad',
          says: describeFailure(failure),
          mend: `Put the secret into ${join(config.secrets.dir, section.apiKey.secret)}.`,
        },
      ];
    }
  }
  const url = `${section.baseUrl}/models`;
  try {
    const { statusCode, body } = await request(url, {
      headers,
      headersTimeout: networkTimeoutMs,
      bodyTimeout: networkTimeoutMs,
    });
    await body.dump();
    return [verdictOn(subject, url, statusCode)];
  } catch (failure) {
    return [
      {
        subject,
        state: 'bad',
        says: `${url}: ${describeFailure(failure)}`,
        mend: 'Check that the server runs and that this machine reaches it.',
      },
    ];
  }
}

/** Whether the key can be read or an access token fetched; models are not asked for, since Vertex lists none. */
async function vertex(name: string, section: VertexConfig, tools: ProviderServices): Promise<Finding[]> {
  const subject = `provider ${name}`;
  const auth = vertexAuth(name, section, tools);
  try {
    await (auth.kind === 'api-key' ? auth.apiKey() : auth.source.token());
    const says = auth.kind === 'api-key' ? 'the API key can be read' : 'an access token was fetched';
    return [{ subject, state: 'good', says }];
  } catch (failure) {
    const mend = 'Check credentials or apiKey of the provider, and that this machine reaches Google.';
    return [{ subject, state: 'bad', says: describeFailure(failure), mend }];
  }
}

/** Asks for the tensors of a model. That there is no such model is an answer too. */
async function openInference(name: string, section: OpenInferenceConfig, tools: ProviderServices): Promise<Finding[]> {
  const subject = `provider ${name}`;
  const provider = createOpenInference(name, section, tools);
  const ms = networkTimeoutMs;
  const call: ModelCall = {
    model: Object.keys(section.models)[0] ?? 'sluice-doctor',
    context: { requestId: 'sluice-doctor', tenantId: '', keyId: '', deadlineAtMs: tools.clock.now() + ms },
    timeouts: { connectMs: ms, firstTokenMs: ms, idleMs: ms, totalMs: ms },
    signal: new AbortController().signal,
  };
  try {
    await provider.tensorMetadata?.({ model: call.model, version: '' }, call);
    return [{ subject, state: 'good', says: `${section.url} has the model ${call.model}` }];
  } catch (thrown) {
    const { reason } = toSluiceError(thrown);
    const isUnknown = reason === 'model_not_found' || reason === 'upstream_rejected';
    if (isUnknown && Object.keys(section.models).length === 0) {
      return [{ subject, state: 'good', says: `${section.url} answers` }];
    }
    if (isUnknown) return [{ subject, state: 'note', says: `${section.url} does not have the model ${call.model}` }];
    const mend = 'Check url, apiKey and tls of the provider, and that the server runs.';
    return [{ subject, state: 'bad', says: `${section.url}: ${describeFailure(thrown)}`, mend }];
  } finally {
    await provider.close();
  }
}

function verdictOn(subject: string, url: string, status: number): Finding {
  if (status < 300) return { subject, state: 'good', says: `${url} answers` };
  if (status === 401 || status === 403) {
    return {
      subject,
      state: 'bad',
      says: `${url} refuses the key (${status})`,
      mend: 'Replace the secret by a valid key.',
    };
  }
  return { subject, state: 'note', says: `${url} answers ${status}; some servers do not list models` };
}

async function inferenceService(inference: InferenceConfig, tools: ProviderServices): Promise<Finding[]> {
  const subject = 'inference';
  const { clock, ids, log } = tools;
  const target = `${inference.tls === undefined ? 'grpc' : 'grpcs'}://${formatAddress(inference.address)}`;
  const tls = inference.tls === undefined ? {} : { tls: await readTls(inference.tls) };
  const client = createInferenceClient({ target, transport: inference.transport, ...tls, clock, ids, log });
  const waiting = new AbortController();
  const timer = clock.setTimer(networkTimeoutMs, () => waiting.abort());
  try {
    await client.ready(waiting.signal);
    return [{ subject, state: 'good', says: `${target} answers` }];
  } catch {
    const says = `${target} does not answer within ${networkTimeoutMs} ms`;
    return [{ subject, state: 'bad', says, mend: 'Start it with: sluice inference.' }];
  } finally {
    timer.cancel();
    await client.close();
  }
}
