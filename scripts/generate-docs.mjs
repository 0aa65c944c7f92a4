/**
 * Writes the generated pages of docs/ from the schemas; `--check` fails instead where one is out of date, and says how old the figures of the
 * documentation are, which fails nothing.
 */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { renderConfigurationReference } from '../dist/config/index.js';
import { figuresAge } from './figures-age.mjs';

const root = path.dirname(import.meta.dirname);
const PAGES = { 'docs/configuration.md': `${renderConfigurationReference().trimEnd()}\n` };

for (const [page, text] of Object.entries(PAGES)) {
  const file = path.join(root, page);
  if (!process.argv.includes('--check')) {
    await writeFile(file, text);
  } else if ((await readFile(file, 'utf8').catch(() => undefined)) !== text) {
    console.error(`${page} is out of date: run \`npm run build && npm run docs\``);
    process.exitCode = 1;
  }
}

if (process.argv.includes('--check')) for (const line of figuresAge()) console.log(line);
