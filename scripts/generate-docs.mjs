// Writes docs/configuration.md from the schemas in dist (after `npm run build`); with --check only says whether it is current.
import { readFileSync, writeFileSync } from 'node:fs';
import { renderConfigurationReference } from '../dist/config/index.js';

const file = new URL('../docs/configuration.md', import.meta.url);
const wanted = `${renderConfigurationReference()}\n`;

if (!process.argv.includes('--check')) {
  writeFileSync(file, wanted);
} else if (readFileSync(file, 'utf8') !== wanted) {
  console.error('docs/configuration.md is outdated: run `node scripts/generate-docs.mjs` after a build');
  process.exitCode = 1;
}
