/**
 * Adds what child processes of the tests covered (raw V8 coverage of dist, mapped to src) to the tests' own coverage,
 * and fails below the threshold. `--files` lists every file, lowest first.
 */
import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { mergeProcessCovs } from '@bcoe/v8-coverage';
import { parse } from 'acorn';
import { convert } from 'ast-v8-to-istanbul';
import istanbul from 'istanbul-lib-coverage';

const MINIMUM_LINES_PERCENT = 87;

const root = path.dirname(import.meta.dirname);
const dist = pathToFileURL(path.join(root, 'dist/')).href;

/** What one process has covered; nothing where it was killed while it wrote that down. */
function parseScripts(text) {
  try {
    return JSON.parse(text).result;
  } catch {
    return [];
  }
}

/** Files without a source map hold none of our code, and the vendor's is not ours. */
const isOurs = ({ url }) =>
  url.startsWith(dist) && !url.startsWith(`${dist}vendor/`) && existsSync(`${fileURLToPath(url)}.map`);

/** One V8 coverage per file of dist, over all processes. */
async function childrenCoverage(folder) {
  let merged = { result: [] };
  for (const name of await readdir(folder).catch(() => [])) {
    const scripts = parseScripts(await readFile(path.join(folder, name), 'utf8'));
    merged = mergeProcessCovs([merged, { result: scripts.filter(isOurs) }]);
  }
  return merged.result;
}

/** V8 coverage of one compiled file as Istanbul coverage of its source. */
async function toSource(script) {
  const file = fileURLToPath(script.url);
  const code = await readFile(file, 'utf8');
  const sourceMap = JSON.parse(await readFile(`${file}.map`, 'utf8'));
  return convert({
    ast: parse(code, { ecmaVersion: 'latest', sourceType: 'module', locations: true }),
    code,
    coverage: script,
    sourceMap,
    wrapperLength: 0,
  });
}

const coverage = istanbul.createCoverageMap(
  JSON.parse(await readFile(path.join(root, 'coverage/tests/coverage-final.json'), 'utf8')),
);
const ownFiles = new Set(coverage.files());
for (const script of await childrenCoverage(path.join(root, 'coverage/children'))) {
  const children = istanbul.createCoverageMap(await toSource(script));
  children.filter((file) => ownFiles.has(file));
  coverage.merge(children);
}
await writeFile(path.join(root, 'coverage/coverage-final.json'), JSON.stringify(coverage));

const files = coverage
  .files()
  .map((file) => ({ file: path.relative(root, file), lines: coverage.fileCoverageFor(file).toSummary().lines }))
  .sort((a, b) => a.lines.pct - b.lines.pct);
const { lines } = coverage.getCoverageSummary();
const tooLow = lines.pct < MINIMUM_LINES_PERCENT;
for (const entry of files.slice(0, process.argv.includes('--files') ? files.length : tooLow ? 20 : 0)) {
  console.log(
    `${entry.lines.pct.toFixed(1).padStart(6)} %  ${entry.lines.covered}/${entry.lines.total}  ${entry.file}`,
  );
}
console.log(
  `${lines.pct} % of ${lines.total} lines of src are covered; at least ${MINIMUM_LINES_PERCENT} % are asked for`,
);
if (tooLow) process.exitCode = 1;
