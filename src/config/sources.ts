// Where each value of the merged configuration came from.

import type { Assignment } from './assignments.ts';
import { type ConfigPath, startsWith } from './path.ts';
import type { Source } from './problem.ts';
import type { YamlFile } from './yaml-file.ts';

/** Finds the source of a value, or of the place where it is missing. */
export type SourceOf = (path: ConfigPath, what?: 'key' | 'value') => Source;

/** `assignments` are those that took effect, in order: the last one counts. */
export function createSourceOf(yaml: YamlFile | undefined, assignments: readonly Assignment[]): SourceOf {
  return (path, what = 'value') => {
    const set = assignments.findLast((assignment) => startsWith(path, assignment.path));
    if (set !== undefined) return set.source;
    const located = yaml?.locate(path, what);
    if (located?.isExact) return located.source;
    // Nothing was written exactly there: a flag that wrote inside or beside it is meant, else the file's nearest section.
    const parent = path.slice(0, -1);
    const inside = assignments.findLast((assignment) => startsWith(assignment.path, path));
    const beside = assignments.findLast((assignment) => parent.length > 0 && startsWith(assignment.path, parent));
    return (inside ?? beside)?.source ?? located?.source ?? { kind: 'default' };
  };
}
