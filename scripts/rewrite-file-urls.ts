// The compiler turns `import './x.ts'` into `import './x.js'` but leaves `new URL('./x.ts', import.meta.url)`, by which worker
// threads name their entry, as it is. This does the same for those.

import { moduleReferences } from './source-graph.ts';

/** The text of a compiled module in which every relative reference to a `.ts` file names the `.js` file beside it. */
export function rewriteFileUrls(file: string, text: string): string {
  const references = moduleReferences(file, text).filter(({ specifier }) => specifier?.endsWith('.ts') === true);
  let rewritten = text;
  for (const { start, end, specifier } of references.toSorted((left, right) => right.start - left.start)) {
    const name = `'${(specifier ?? '').replace(/\.ts$/, '.js')}'`;
    rewritten = rewritten.slice(0, start) + name + rewritten.slice(end);
  }
  return rewritten;
}
