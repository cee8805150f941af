// Replays recordings through a server under test with every client that fits, and keeps the score.

import { type Route, refusalOf, routesOf } from './plan.ts';
import type { Endpoint, Reader } from './readers/heard.ts';
import type { Recording } from './recordings.ts';
import type { ReplayServer } from './replay-server.ts';
import { askedOf } from './requests/asked.ts';
import { type Line, lines, type Verdicts, verdictsOf } from './score.ts';
import type { Scoreboard } from './scoreboard.ts';
import type { Subject } from './sluice.ts';
import { truthOf } from './truth.ts';

/** What a replay runs on. */
export interface ReplaySetting {
  readonly replay: ReplayServer;
  readonly subject: Subject;
  /** Clients of the subject for a recording. */
  readonly readersFor: (recording: Recording) => readonly Reader[];
  /** The same clients, asking the replay server itself: what they cannot read there is not the subject's fault. */
  readonly directReaders: ReadonlyMap<string, Reader>;
  /** Endpoints that the subject has. */
  readonly served: ReadonlySet<Endpoint>;
  /** Called after each answer of the subject. */
  readonly onHeard?: (recording: Recording, endpoint: Endpoint) => void;
}

/** Replays all of them, one after the other. */
export async function replayAll(
  recordings: readonly Recording[],
  score: Scoreboard,
  setting: ReplaySetting,
): Promise<void> {
  for (const recording of recordings) {
    for (const route of routesOf(recording.wire, setting.served)) {
      for (const reader of setting.readersFor(recording)) {
        if (reader.endpoints.includes(route.endpoint) && (route.sameDialect || !isExtra(reader, recording))) {
          await replayOne(recording, route, reader, setting, score);
        }
      }
    }
  }
}

/** In another dialect the official client speaks for all, but for Gemini, which has no other measure. */
function isExtra(reader: Reader, { wire }: Recording): boolean {
  return reader.name.startsWith('ai-sdk') && wire !== 'generate';
}

async function replayOne(
  recording: Recording,
  route: Route,
  reader: Reader,
  setting: ReplaySetting,
  score: Scoreboard,
): Promise<void> {
  const { replay, subject } = setting;
  const truth = truthOf(recording);
  const asked = askedOf(recording, route.endpoint, subject.modelOf(recording), truth);
  replay.play(recording);
  const heard = await reader.ask(asked);
  setting.onHeard?.(recording, route.endpoint);
  const refusal = refusalOf(recording, route);
  if (refusal !== undefined) {
    const isClear = heard.kind === 'failure' && heard.status === 400;
    score.refused(refusal, isClear);
    return;
  }
  const reachedVendor = replay.asked.length > 0;
  const verdicts = verdictsOf(truth, heard, { sameDialect: route.sameDialect, reachedVendor });
  const excused = await excusedLines(verdicts, recording, route, reader, setting);
  score.add({ recording, route, reader: reader.name, verdicts, excused });
}

/** Lines that the client misses just so when the vendor's own bytes are all that it gets. */
async function excusedLines(
  verdicts: Verdicts,
  recording: Recording,
  route: Route,
  reader: Reader,
  { replay, directReaders }: ReplaySetting,
): Promise<ReadonlySet<Line>> {
  const missed = lines.filter((line) => typeof verdicts[line] === 'string' && line !== 'no false success');
  const direct = directReaders.get(reader.name);
  if (missed.length === 0 || direct === undefined || !route.sameDialect) return new Set();
  const truth = truthOf(recording);
  replay.play(recording);
  const heard = await direct.ask(askedOf(recording, route.endpoint, recording.model, truth));
  const own = verdictsOf(truth, heard, { sameDialect: true, reachedVendor: true });
  return new Set(missed.filter((line) => typeof own[line] === 'string'));
}
