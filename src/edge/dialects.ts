// Which dialects the edge speaks, and which of them writes the errors of a path.

import { createAnthropicDialect } from './anthropic/dialect.ts';
import type { DialectServices, EdgeDialect, EdgeRoute } from './dialect.ts';
import { createModelRoutes } from './models.ts';
import { createNativeDialect, type NativeServices } from './native/dialect.ts';
import { createOpenInferenceDialect, type OpenInferenceServices } from './open-inference/dialect.ts';
import { createOpenAiDialect } from './openai/dialect.ts';

/** All dialects of an edge. */
export interface DialectTable {
  readonly all: readonly EdgeDialect[];
  /** The dialect whose prefix matches the path best; the native one when none does. */
  ownerOf(path: string): EdgeDialect;
}

/** Makes every dialect. */
export function createDialects(services: DialectServices & NativeServices & OpenInferenceServices): DialectTable {
  const native = createNativeDialect(services);
  const openAi = withRoutes(createOpenAiDialect(services), createModelRoutes(services.inference));
  const all: readonly EdgeDialect[] = [
    openAi,
    createAnthropicDialect(services),
    createOpenInferenceDialect(services),
    native,
  ];
  return {
    all,
    ownerOf(path) {
      let owner = native;
      let longest = 0;
      for (const dialect of all) {
        for (const prefix of dialect.pathPrefixes) {
          if (prefix.length > longest && isUnder(path, prefix)) {
            owner = dialect;
            longest = prefix.length;
          }
        }
      }
      return owner;
    },
  };
}

function withRoutes(dialect: EdgeDialect, routes: readonly EdgeRoute[]): EdgeDialect {
  return { ...dialect, routes: [...dialect.routes, ...routes] };
}

function isUnder(path: string, prefix: string): boolean {
  return path.startsWith(prefix) && (path.length === prefix.length || '/?#'.includes(path.charAt(prefix.length)));
}
