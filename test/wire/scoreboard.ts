// The score of a replay: per way of reading and line how many recordings arrived as they were said, and what did not.

import type { Route } from './plan.ts';
import type { Recording } from './recordings.ts';
import { type Line, lines, type Verdicts } from './score.ts';

/** One recording, read once. */
export interface Reading {
  readonly recording: Recording;
  readonly route: Route;
  readonly reader: string;
  readonly verdicts: Verdicts;
  /** Lines missed for a limit of the client's own. */
  readonly excused: ReadonlySet<Line>;
}

/** A recording that did not arrive as it was said. */
export interface Miss {
  readonly line: Line;
  readonly way: string;
  readonly what: string;
}

interface Cell {
  hits: number;
  total: number;
  excused: number;
}

/** Counts readings. */
export class Scoreboard {
  readonly misses: Miss[] = [];
  readonly #ways: Map<string, { sameDialect: boolean; cells: Map<Line, Cell> }> = new Map();
  readonly #refused: Map<string, { clear: number; total: number }> = new Map();

  add({ recording, route, reader, verdicts, excused }: Reading): void {
    const kind = recording.streamed ? 'stream' : 'whole';
    const way = `${recording.wire} ${kind} → ${route.endpoint}, ${reader}`;
    const row = this.#ways.get(way) ?? { sameDialect: route.sameDialect, cells: new Map<Line, Cell>() };
    this.#ways.set(way, row);
    for (const line of lines) {
      const verdict = verdicts[line];
      if (verdict === undefined) continue;
      const cell = row.cells.get(line) ?? { hits: 0, total: 0, excused: 0 };
      row.cells.set(line, cell);
      if (excused.has(line)) {
        cell.excused += 1;
        continue;
      }
      cell.total += 1;
      if (verdict === true) cell.hits += 1;
      else this.misses.push({ line, way, what: `${recording.host} ${recording.model} ${recording.label}: ${verdict}` });
    }
  }

  /** A request that is left out because it must be refused. */
  refused(reason: string, isClear: boolean): void {
    const count = this.#refused.get(reason) ?? { clear: 0, total: 0 };
    count.clear += Number(isClear);
    count.total += 1;
    this.#refused.set(reason, count);
  }

  /** Refusals by reason: how many there were, and how many were the clear error that they should be. */
  get refusals(): ReadonlyMap<string, { readonly clear: number; readonly total: number }> {
    return this.#refused;
  }

  /** Ways of reading, in the order in which they came. */
  ways(): string[] {
    return [...this.#ways.keys()];
  }

  /** Hits and total of a line on one way. */
  of(way: string, line: Line): { readonly hits: number; readonly total: number } {
    return this.#ways.get(way)?.cells.get(line) ?? { hits: 0, total: 0 };
  }

  /** Hits and total of a line over all ways, or those within or across dialects. */
  total(
    line: Line,
    sameDialect?: boolean,
  ): { readonly hits: number; readonly total: number; readonly excused: number } {
    const sum: Cell = { hits: 0, total: 0, excused: 0 };
    for (const way of this.#ways.values()) {
      if (sameDialect !== undefined && way.sameDialect !== sameDialect) continue;
      const cell = way.cells.get(line);
      sum.hits += cell?.hits ?? 0;
      sum.total += cell?.total ?? 0;
      sum.excused += cell?.excused ?? 0;
    }
    return sum;
  }

  /** The table, one line for each way of reading, in the order in which they came. */
  table(): string[] {
    const head = ['way of reading', ...lines];
    const rows = [...this.#ways].map(([way, { cells }]) => [way, ...lines.map((line) => shown(cells.get(line)))]);
    const sums = lines.map((line) => shown(this.total(line)));
    const all = [head, ...rows, ['all', ...sums]];
    const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
    return all.map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    );
  }
}

function shown(cell: Cell | undefined): string {
  if (cell === undefined || cell.total + cell.excused === 0) return '-';
  return `${cell.hits}/${cell.total}${cell.excused === 0 ? '' : ` (+${cell.excused})`}`;
}
