/**
 * `npm run test:conformance`: runs the `run` of each folder in test/conformance, which installs what they need
 * (apt, pip) itself, and adds up their closing lines `N passed, N failed`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';

const root = path.dirname(import.meta.dirname);
const folder = path.join(root, 'test/conformance');
const CLOSING = /^(\d+) passed, (\d+) failed$/gm;

const suites = (existsSync(folder) ? readdirSync(folder, { withFileTypes: true }) : [])
  .filter((entry) => entry.isDirectory() && existsSync(path.join(folder, entry.name, 'run')))
  .map((entry) => entry.name)
  .sort();

let passed = 0;
let failed = 0;
for (const suite of suites) {
  const { status, stdout, stderr } = spawnSync(path.join(folder, suite, 'run'), {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  const closing = [...stdout.matchAll(CLOSING)].at(-1);
  const counts = { passed: Number(closing?.[1] ?? 0), failed: Number(closing?.[2] ?? 0) };
  // A suite that failed, or counted nothing, failed whatever it says.
  if (status !== 0 || closing === undefined) counts.failed = Math.max(counts.failed, 1);
  passed += counts.passed;
  failed += counts.failed;
  console.log(`${counts.failed === 0 ? 'ok    ' : 'FAILED'} ${suite} (${counts.passed} passed)`);
  if (counts.failed > 0) console.log(`${stdout}${stderr}`);
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
