import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { safeMessage } from './safe-message.ts';

const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
const digits = '0123456789';

/** A word of these characters. */
function word(characters: string, minLength: number, maxLength: number = minLength): fc.Arbitrary<string> {
  const character = fc.constantFrom(...characters);
  return fc.array(character, { minLength, maxLength }).map((list) => list.join(''));
}

const alphanumeric = (minLength: number, maxLength?: number): fc.Arbitrary<string> =>
  word(letters + digits, minLength, maxLength);

/** A prefix, and the part behind it that nobody may read. */
const secret = (prefix: string, rest: fc.Arbitrary<string>): fc.Arbitrary<readonly [string, string]> =>
  rest.map((text) => [prefix + text, text]);

/** Every form of a key, token, account or project that a vendor of ours uses. */
const secrets = fc.oneof(
  secret('sk-', alphanumeric(20, 48)),
  secret(
    'sk-proj-',
    word(`${letters + digits}_-`, 40, 120).map((text) => `a1${text}z`),
  ),
  secret('sk-ant-api03-', alphanumeric(20, 90)),
  secret('sk-or-v1-', word('0123456789abcdef', 64)),
  secret('AIza', alphanumeric(35)),
  secret('AQ.Ab8', alphanumeric(30)),
  secret('ya29.', alphanumeric(40, 120)),
  secret('1//0', alphanumeric(40)),
  secret('GOCSPX-', alphanumeric(28)),
  secret('gsk_', alphanumeric(52)),
  secret('r8_', alphanumeric(37)),
  secret('hf_', alphanumeric(34)),
  secret('xai-', alphanumeric(80)),
  secret('nvapi-', alphanumeric(64)),
  secret('pplx-', alphanumeric(48)),
  secret('csk-', alphanumeric(48)),
  secret('fw_', alphanumeric(24)),
  secret('tgp_v1_', alphanumeric(43)),
  secret('AKIA', word('ABCDEFGHIJKLMNOPQRSTUVWXYZ234567', 16)),
  secret('ASIA', word('ABCDEFGHIJKLMNOPQRSTUVWXYZ234567', 16)),
  secret('eyJhbGciOiJ', alphanumeric(30)),
  secret(
    'org-',
    alphanumeric(3, 24).filter((text) => !isPlainWord(text)),
  ),
  secret(
    'proj_',
    alphanumeric(3, 24).filter((text) => !isPlainWord(text)),
  ),
  secret('user-', alphanumeric(24)),
  secret('req_', alphanumeric(24)),
  secret('projects/', word('abcdefghijklmnopqrstuvwxyz0123456789-', 6, 30)),
  secret('project_number:', word(digits, 12)),
  secret(
    'project ',
    word('abcdefghijklm', 4, 8).map((text) => `${text}-prod-x`),
  ),
  secret(
    'arn:aws:iam::',
    word(digits, 12).map((text) => `${text}:role/r`),
  ),
);

function isPlainWord(text: string): boolean {
  return /^(?:wide|level|owned|owner|admins?|scoped|specific|based|managed|ids?|names?|units?|number|settings?)$/.test(
    text,
  );
}

const before = fc.constantFrom('', 'Incorrect API key provided: ', 'Access denied for ', "key '", 'The caller (');
const after = fc.constantFrom('', '.', ' was not found.', "' is not valid", ') has no access', ', try again');

test('safe message: no form of a key, token or account comes through, wherever it stands', () => {
  fc.assert(
    fc.property(before, secrets, after, (start, [text, hidden], end) => {
      const shown = safeMessage(start + text + end, []) ?? '';
      assert.ok(!shown.includes(hidden), `${start}${text}${end} → ${shown}`);
    }),
    { numRuns: 2000 },
  );
});

test('safe message: masked keys and short names of organisations are hidden', () => {
  for (const text of [
    'Incorrect API key provided: sk-abc***wxyz.',
    'Invalid token hf_***.',
    'Invalid key xai-ab…yz',
    'You must be a member of org-abc.',
    'No access to org-acme-eu.',
    'No such project proj_x7.',
  ]) {
    const shown = safeMessage(text, []) ?? '';
    assert.match(shown, /\[redacted\]/, text);
    assert.doesNotMatch(shown, /sk-|hf_|xai-|org-|proj_/, shown);
  }
});

test('safe message: plain words are left as they are', () => {
  for (const text of [
    'Missing required parameter: api_version.',
    'The api-version query parameter is invalid.',
    'key_value pairs are not supported in user_message or user_metadata.',
    'Unknown field r8_quantization; hf_transfer and hf_model_id are not allowed.',
    'This is an org-wide limit, set in org-level settings by org-admins.',
    'Use response_format_json_schema_strict_v2_with_descriptions instead.',
    'Model accounts/fireworks/models/llama4scoutinstruct does not exist.',
    'Model meta-llama/Llama-3.3-70B-Instruct-Turbo-Free is not available in team_members.',
    'models/gemini-2.5-flash-preview-09-2025 is not found for API version v1beta.',
    "Invalid value: 'temperature'. In request 'response_format' is not of type 'object'.",
    'No tool output found for function call call_AbCdEfGh12345678AbCdEfGh12345678.',
    'This model supports at most 128000 tokens, but 150000 were given (140000 in the messages).',
    'Task sk-learn is unknown. A risk-free task-force asked for a desk-lamp.',
    'Schema error at messages[0].content[2].image_url.url: must be https.',
    'The project wide setting needs a key=value form'.replace('key=value', 'named'),
    'Expected 2026-11-30T12:30:45Z, got 12:30:45.',
  ]) {
    assert.equal(safeMessage(text, []), text);
  }
});

test('safe message: takes linear time for a page of near misses', () => {
  for (const piece of ['org-', 'a/b+', 'sk_', 'project ', '1//0', '::', 'aA1/']) {
    const shown = safeMessage(piece.repeat(100_000), []);
    assert.ok(shown === undefined || shown.length <= 500);
  }
});

test('safe message: a key within a bearer token is hidden once', () => {
  assert.equal(safeMessage('Sent "Bearer my-own-key-9".', ['my-own-key-9']), 'Sent "[redacted]".');
  assert.equal(safeMessage('Sent Bearer sk-abcdef123456, a key.', []), 'Sent [redacted], a key.');
});
