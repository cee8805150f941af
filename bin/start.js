// Starts the product on a Node that is new enough: the TypeScript of a checkout, or the JavaScript of the published package.
'use strict';

const { existsSync } = require('node:fs');
const { join } = require('node:path');
const { pathToFileURL } = require('node:url');

// A checkout may hold an old dist/ beside newer sources, so the sources win; a published package has none.
const main = ['src/main.ts', 'dist/main.js']
  .map((file) => join(__dirname, '..', file))
  .find((file) => existsSync(file));
if (main === undefined) {
  console.error('sluice: neither src/main.ts nor dist/main.js is here; run `npm run build`.');
  process.exitCode = 1;
} else {
  // The product reads its arguments from here on; its own path replaces ours.
  process.argv[1] = main;
  import(pathToFileURL(main).href);
}
