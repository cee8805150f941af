// The values of one metric by their labels. prom-client looks labels up by building and sorting an object each time (0.35 to
// 0.5 µs); here it is one map lookup a label (about 20 ns), and a request records eight values.

import { maxSeriesPerMetric } from './defaults.ts';

/** The values of one metric. */
export interface Series<Cell> {
  /** The cell of these label values, made when missing. */
  at(labels: readonly string[]): Cell;
  /** Every cell with its labels by name, in the order in which they were made. */
  entries(): Iterable<{ readonly labels: Record<string, string>; readonly cell: Cell }>;
}

/** One step down a tree with one level for each label. */
interface Branch<Cell> {
  readonly next: Map<string, Branch<Cell>>;
  cell?: Cell;
}

/** `at` throws TypeError for another number of labels than the metric has: a fault of the caller, found by its first test. */
export function createSeries<Cell>(metric: string, names: readonly string[], createCell: () => Cell): Series<Cell> {
  const root: Branch<Cell> = { next: new Map() };
  const made: { readonly values: readonly string[]; readonly cell: Cell }[] = [];
  const overflow = names.map(() => 'overflow');

  const create = (values: readonly string[]): Cell => {
    if (values.length !== names.length)
      throw new TypeError(`${metric} has ${names.length} labels, not ${values.length}`);
    if (made.length >= maxSeriesPerMetric && values !== overflow) return series.at(overflow);
    let branch = root;
    for (const value of values) {
      const next = branch.next.get(value) ?? { next: new Map() };
      branch.next.set(value, next);
      branch = next;
    }
    const cell = createCell();
    branch.cell = cell;
    made.push({ values: [...values], cell });
    return cell;
  };

  const series: Series<Cell> = {
    at(labels) {
      let branch = root;
      for (const label of labels) {
        const next = branch.next.get(label);
        if (next === undefined) return create(labels);
        branch = next;
      }
      return branch.cell ?? create(labels);
    },
    *entries() {
      for (const { values, cell } of made) {
        yield { labels: Object.fromEntries(names.map((name, at) => [name, values[at] ?? ''])), cell };
      }
    },
  };
  // A metric without labels has exactly one series: it is shown from the start, as 0.
  if (names.length === 0) series.at([]);
  return series;
}
