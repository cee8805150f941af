import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { FakeClock } from '../../../test/fixtures/fake-clock.ts';
import {
  countedTokens,
  serviceAccountJson,
  startTokenService,
  type TokenService,
} from '../../../test/fixtures/google-token-service.ts';
import { createRecordingLog } from '../../../test/fixtures/silent-telemetry.ts';
import { answerWith } from '../../../test/fixtures/upstream.ts';
import { createGoogleAuth, type GoogleAuth, type GoogleAuthOptions } from './google-auth.ts';

const account = serviceAccountJson();
let service: TokenService;
let clock: FakeClock;
let log: ReturnType<typeof createRecordingLog>;
let folder: string;

describe('access tokens of Google', () => {
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'sluice-google-auth-'));
  });

  after(() => rmSync(folder, { recursive: true }));

  beforeEach(async () => {
    service = await startTokenService();
    clock = new FakeClock();
    log = createRecordingLog();
  });

  afterEach(async () => {
    await service.close();
    assert.equal(clock.pendingTimers, 0, 'a timer was left behind');
  });

  function create(options: Partial<GoogleAuthOptions> = {}): GoogleAuth {
    const { fetch } = service;
    return createGoogleAuth({ name: 'gemini', credentials: async () => account, clock, log, fetch, ...options });
  }

  /** What the service account signed in the last request. */
  function claims(): { iss: string; scope: string; iat: number } {
    const assertion = new URLSearchParams(service.upstream.exchanges.at(-1)?.body).get('assertion') ?? '';
    return JSON.parse(Buffer.from(assertion.split('.')[1] ?? '', 'base64url').toString());
  }

  /** Moves the clock to this long before the end of the last token: the library reads the real time, and signs it. */
  function moveToBeforeEnd(beforeMs: number): void {
    clock.advance(claims().iat * 1000 + 3_600_000 - beforeMs - clock.now());
  }

  test('google auth: a service account signs for a token, which is kept until it is about to end', async () => {
    const { token, headersOf } = create();
    assert.equal(await token(), 'token-1');
    assert.equal(await token(), 'token-1');
    assert.deepEqual(headersOf('token-1'), { authorization: 'Bearer token-1' });
    const [exchange] = service.upstream.exchanges;
    assert.equal(exchange?.path, '/token');
    assert.equal(claims().iss, 'robot@demo-project.iam.gserviceaccount.com');
    assert.equal(claims().scope, 'https://www.googleapis.com/auth/cloud-platform');
    moveToBeforeEnd(10 * 60_000);
    assert.equal(token.isCurrent?.('token-1'), true);
    moveToBeforeEnd(4 * 60_000);
    assert.equal(token.isCurrent?.('token-1'), false);
    assert.equal(await token(), 'token-2');
    assert.equal(service.upstream.exchanges.length, 2);
  });

  test('google auth: calls that come together share one fetch', async () => {
    const { token } = create();
    assert.deepEqual(await Promise.all([token(), token(), token()]), ['token-1', 'token-1', 'token-1']);
    assert.equal(service.upstream.exchanges.length, 1);
  });

  test('google auth: a token that was refused is fetched anew, and the credentials read again', async () => {
    let reads = 0;
    const { token } = create({
      credentials: async () => {
        reads += 1;
        return account;
      },
    });
    assert.equal(await token(), 'token-1');
    assert.equal(await token('token-1'), 'token-2');
    assert.equal(await token('token-1'), 'token-2', 'the newer one is not fetched again');
    assert.equal(reads, 2);
  });

  test('google auth: while the token in use is valid, a token service that is down is only logged', async () => {
    const { token } = create();
    await token();
    moveToBeforeEnd(4 * 60_000);
    service.upstream.script = answerWith({ status: 400, body: '{"error":"invalid_grant","error_description":"x"}' });
    assert.equal(await token(), 'token-1');
    assert.equal(await token(), 'token-1');
    assert.equal(service.upstream.exchanges.length, 2, 'the next try comes later');
    assert.equal(log.lines[0]?.level, 'warn');
    clock.advance(31_000);
    service.upstream.script = countedTokens(7);
    assert.equal(await token(), 'token-7');
    moveToBeforeEnd(0);
    service.upstream.script = answerWith({ status: 400, body: '{"error":"invalid_grant"}' });
    await assert.rejects(token(), { reason: 'upstream_unauthenticated' });
  });

  test('google auth: workload identity federation exchanges the token of the workload', async () => {
    const subject = join(folder, 'subject');
    writeFileSync(subject, 'token-of-the-workload');
    const credentials = JSON.stringify({
      type: 'external_account',
      audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      token_url: new URL('/v1/token', service.upstream.baseUrl).href,
      credential_source: { file: subject },
      quota_project_id: 'billed-project',
    });
    const { token, headersOf } = create({ credentials: async () => credentials });
    assert.equal(await token(), 'token-1');
    const [exchange] = service.upstream.exchanges;
    assert.equal(exchange?.path, '/v1/token');
    assert.equal(new URLSearchParams(exchange?.body).get('subject_token'), 'token-of-the-workload');
    assert.deepEqual(headersOf('token-1'), {
      authorization: 'Bearer token-1',
      'x-goog-user-project': 'billed-project',
    });
  });

  test('google auth: what can never work is a fault of the configuration, and shows no key', async () => {
    for (const credentials of ['no json', '{}', account.replace(/"private_key":"[^"]+"/, '"private_key":"nonsense"')]) {
      const failure = await create({ credentials: async () => credentials })
        .token()
        .then(assert.fail, (error: unknown) => error as Error & { reason: string; detail?: string });
      assert.equal(failure.reason, 'config_invalid', credentials.slice(0, 20));
      assert.doesNotMatch(`${failure.message} ${failure.detail}`, /BEGIN PRIVATE KEY/);
    }
    assert.equal(service.upstream.exchanges.length, 0);
  });

  test('google auth: a token service that refuses, is down or is silent has its reason', async () => {
    service.upstream.script = answerWith({ status: 401, body: '{"error":"invalid_client"}' });
    await assert.rejects(create().token(), { reason: 'upstream_unauthenticated' });
    const down = (): Promise<never> => Promise.reject(new TypeError('fetch failed'));
    await assert.rejects(create({ fetch: down }).token(), { reason: 'upstream_unavailable' });
    service.upstream.script = () => {};
    const before = service.upstream.exchanges.length;
    const silent = create().token();
    silent.catch(() => {});
    await service.upstream.arrived(before);
    clock.advance(20_000);
    await assert.rejects(silent, { reason: 'upstream_timeout' });
  });
});
