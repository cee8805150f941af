// The recorded interactions as the replay needs them: which wire each speaks, the bytes as they were on it, and for what is left
// out the reason why.

import { type WireRow, wireRows } from '../fixtures/upstream-calls.ts';

/** The vendors' APIs that the product has a provider for. */
export type Wire = 'chat' | 'completions' | 'responses' | 'messages' | 'generate' | 'embeddings' | 'google-embeddings';

/** One interaction to replay. */
export interface Recording {
  /** Repository, path and position: where the row is found again. */
  readonly label: string;
  readonly host: string;
  readonly wire: Wire;
  /** The model's name at the vendor. */
  readonly model: string;
  readonly streamed: boolean;
  readonly status: number;
  /** Headers of the answer that mean something to a client. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Undefined where the request was not recorded. */
  readonly request: Record<string, unknown> | undefined;
}

/** The recordings, and how many rows were left out for which reason. */
export interface RecordingSet {
  readonly recordings: readonly Recording[];
  readonly exclusions: ReadonlyMap<string, number>;
}

/** Sorts rows; those of the evaluation data by default. What `sluice dev record` writes has the same form. */
export function readRecordings(rows: readonly WireRow[] = wireRows()): RecordingSet {
  const recordings: Recording[] = [];
  const exclusions = new Map<string, number>();
  for (const row of rows) {
    const sorted = sort(row);
    if (typeof sorted === 'string') exclusions.set(sorted, (exclusions.get(sorted) ?? 0) + 1);
    else recordings.push(...sorted);
  }
  return { recordings, exclusions };
}

/** A row as recordings (a set of snapshots keeps several answers in one row), or the reason why it is none. */
function sort(row: WireRow): Recording[] | string {
  const wire = row.url === undefined ? wireOfUnaddressed(row) : wireOf(row);
  if (!isWire(wire)) return wire;
  if (row.body === undefined || row.body === '') return 'the body was not recorded';
  const status = row.status ?? 200;
  const bodies = status === 200 && row.format !== undefined ? framedBodies(row, wire) : [row.body];
  return bodies.map((body, index) => ({
    label: `${row.repo} ${row.path} ${row.index ?? 0}${index === 0 ? '' : ` (${index})`}`,
    host: row.host ?? '',
    wire,
    model: modelOf(row, wire),
    streamed: row.stream === true || /^\s*data:/.test(body),
    status,
    headers: headersOf(row, body),
    body,
    request: requestOf(row),
  }));
}

const wires = ['chat', 'completions', 'responses', 'messages', 'generate', 'embeddings', 'google-embeddings'] as const;

function isWire(text: string): text is Wire {
  return (wires as readonly string[]).includes(text);
}

/** By address: what was called, whatever the set calls it. */
function wireOf(row: WireRow): string {
  const url = row.url ?? '';
  const path = url.replace(/[?#].*$/, '');
  if ((row as { method?: string }).method !== 'POST') return 'no model call (GET or DELETE)';
  if (/bedrock-runtime|\/bedrock\//.test(url)) return 'Bedrock’s own API: no provider';
  if (/api\.cohere\.(?:com|ai)/.test(url)) return 'Cohere’s own API: no provider';
  if (/:11434\/api\//.test(url)) return 'Ollama’s own API: no provider, its OpenAI API has one';
  if (path.endsWith('/chat/completions')) return 'chat';
  if (path.endsWith('/completions')) return 'completions';
  if (path.endsWith('/responses')) return 'responses';
  if (path.endsWith('/v1/messages')) return 'messages';
  if (/:(?:stream)?[gG]enerateContent$/.test(path)) return 'generate';
  if (path.endsWith(':batchEmbedContents') || (path.endsWith(':predict') && row.api === 'embeddings')) {
    return 'google-embeddings';
  }
  if (path.endsWith('/embeddings')) return 'embeddings';
  if (/count_?[tT]okens$/.test(path)) return 'a count of tokens: see the tests beside the providers';
  if (/moderations$|rerank$|transcriptions$/.test(path)) {
    return 'moderation, ranking, transcription: see the tests beside the providers';
  }
  if (/threads|assistants/.test(path)) return 'OpenAI’s Assistants API: not served';
  return 'another endpoint (files, batches, caches, other products)';
}

/** Sets without addresses: the vendor and the form of the body tell. */
function wireOfUnaddressed(row: WireRow): string {
  const body = row.body ?? '';
  if (row.host === 'amazon-bedrock') return 'Bedrock’s own API: no provider';
  if (row.host === 'cohere') return 'Cohere’s own API: no provider';
  if (row.api === 'interactions') return 'Google’s Interactions API: no provider';
  if (row.api === 'native') return 'TGI’s own API: no provider, its OpenAI API has one';
  if (row.api === 'reranking') return 'moderation, ranking, transcription: see the tests beside the providers';
  if (row.host === 'anthropic') return 'messages';
  if (row.host === 'googleai' || row.host === 'vertexai' || row.host === 'google') {
    if (/^\s*\{\s*"totalTokens"/.test(body)) return 'a count of tokens: see the tests beside the providers';
    if (/^\s*\{\s*"predictions"/.test(body)) return 'another endpoint (files, batches, caches, other products)';
    return 'generate';
  }
  if (row.host === 'google-vertex') return 'google-embeddings';
  if (row.host === 'voyage') return 'embeddings';
  if (row.api === 'responses' || row.host === 'azure' || row.host === 'open-responses') return 'responses';
  if (row.api === 'completion') return 'completions';
  return 'chat';
}

/** The body as it was on the wire: some sets keep one JSON text a line, or a list of chunks, without framing. */
function framedBodies(row: WireRow, wire: Wire): string[] {
  const body = row.body ?? '';
  if (/^\s*(?:data|event):/.test(body)) return [body];
  const texts = jsonTextsOf(body);
  if (texts === undefined)
    return [
      row.stream === true
        ? framed(
            body.split('\n').filter((line) => line.trim() !== ''),
            wire,
          )
        : body,
    ];
  if (row.stream !== true) {
    const answers = texts.flatMap((text) => [JSON.parse(text) as unknown].flat());
    const isChunks = answers.some((answer) => /"delta":/.test(JSON.stringify(answer)) && wire === 'chat');
    return isChunks
      ? [
          framed(
            answers.map((answer) => JSON.stringify(answer)),
            wire,
          ),
        ]
      : answers.map((answer) => JSON.stringify(answer));
  }
  const chunks = texts.flatMap((text) => [JSON.parse(text) as unknown].flat());
  return [
    framed(
      chunks.map((chunk) => JSON.stringify(chunk)),
      wire,
    ),
  ];
}

function framed(chunks: readonly string[], wire: Wire): string {
  const events = chunks.map((chunk) => {
    const type = typeOf(chunk);
    return wire === 'messages' || wire === 'responses' ? `event: ${type}\ndata: ${chunk}\n\n` : `data: ${chunk}\n\n`;
  });
  const isOpenAi = wire === 'chat' || wire === 'completions';
  return events.join('') + (isOpenAi ? 'data: [DONE]\n\n' : '');
}

/** The type of an event; of one that is not whole JSON as well. */
function typeOf(event: string): string {
  try {
    return String((JSON.parse(event) as { type?: unknown }).type);
  } catch {
    return /"type":\s*"([\w.]+)"/.exec(event)?.[1] ?? 'message';
  }
}

/** The JSON texts of a body, each over one or more lines; undefined where it is not made of them. */
function jsonTextsOf(body: string): string[] | undefined {
  const texts: string[] = [];
  let open = '';
  for (const line of body.split('\n')) {
    open += `${line}\n`;
    if (open.trim() === '') continue;
    try {
      JSON.parse(open);
    } catch {
      continue;
    }
    texts.push(open.trim());
    open = '';
  }
  return open.trim() === '' && texts.length > 0 ? texts : undefined;
}

function modelOf(row: WireRow, wire: Wire): string {
  const named = requestOf(row)?.['model'];
  if (typeof named === 'string') return named;
  if (wire === 'generate') return /models\/([^:/]+):/.exec(row.url ?? '')?.[1] ?? 'gemini-2.5-flash';
  if (wire === 'google-embeddings') return /models\/([^:/]+):/.exec(row.url ?? '')?.[1] ?? 'text-embedding-004';
  return wire === 'messages' ? 'claude-sonnet-4-5' : 'model-1';
}

function requestOf(row: WireRow): Record<string, unknown> | undefined {
  if (row.req_body === undefined || row.req_body === '') return undefined;
  try {
    const body = JSON.parse(row.req_body) as unknown;
    return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** The headers of these say how the recorder's connection was, not what the vendor said. */
const hopHeaders = /^(?:content-(?:length|encoding)|transfer-encoding|connection|keep-alive|date|alt-svc)$/i;

function headersOf(row: WireRow, body: string): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(row.res_headers ?? {})) {
    const text = Array.isArray(value) ? value.join(', ') : value;
    if (!hopHeaders.test(name) && /^[\t\x20-\x7e]*$/.test(text)) headers[name.toLowerCase()] = text;
  }
  headers['content-type'] ??= /^\s*(?:data|event):/.test(body)
    ? 'text/event-stream'
    : body.trimStart().startsWith('<')
      ? 'text/html'
      : 'application/json';
  return headers;
}
