/**
 * `npm run test:conformance [-- SUITE…]`: runs each executable of test/conformance (a file there, or the file `run` of a
 * folder) but those in NAMED_ONLY, or those named, two at a time. Each installs what it needs (apt, pip) itself; their closing lines `N passed, N failed` are added up.
 */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';

const root = path.dirname(import.meta.dirname);
const folder = path.join(root, 'test/conformance');
/** They take longer than a change should wait for: CONTRIBUTING.md says when they ran last. */
const NAMED_ONLY = [
  'agent-clients',
  'anthropic-clients',
  'further-gateways',
  'image',
  'kubernetes-node',
  'otel-collector',
];
const CLOSING = /^(\d+) passed, (\d+) failed$/gm;

/** The file itself, or the `run` of a folder, where it can be executed. */
function executableOf(file) {
  const stats = statSync(file);
  if (stats.isDirectory()) return existsSync(path.join(file, 'run')) ? executableOf(path.join(file, 'run')) : undefined;
  return (stats.mode & 0o111) === 0 ? undefined : file;
}

const wanted = process.argv.slice(2);
const suites = (existsSync(folder) ? readdirSync(folder).sort() : [])
  .filter((name) => (wanted.length === 0 ? !NAMED_ONLY.includes(name) : wanted.includes(name)))
  .map((name) => ({ name, run: executableOf(path.join(folder, name)) }))
  .filter(({ run }) => run !== undefined);

for (const name of wanted) {
  if (!suites.some((suite) => suite.name === name)) throw new Error(`test/conformance has no suite '${name}'`);
}

/** Runs a suite; resolves with its exit status and all that it printed. */
function run(executable) {
  return new Promise((resolve) => {
    const child = spawn(executable, [], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    const stdout = [];
    const stderr = [];
    child.stdout.on('data', (chunk) => stdout.push(chunk));
    child.stderr.on('data', (chunk) => stderr.push(chunk));
    child.on('error', (error) => resolve({ status: 1, stdout: '', stderr: error.message }));
    child.on('close', (status) =>
      resolve({ status, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() }),
    );
  });
}

let passed = 0;
let failed = 0;

/** Takes suites off the list and runs them, one at a time. */
async function runSuites(waiting) {
  for (let suite = waiting.shift(); suite !== undefined; suite = waiting.shift()) {
    const startedAt = performance.now();
    const { status, stdout, stderr } = await run(suite.run);
    const closing = [...stdout.matchAll(CLOSING)].at(-1);
    const counts = { passed: Number(closing?.[1] ?? 0), failed: Number(closing?.[2] ?? 0) };
    // A suite that failed, or counted nothing, failed whatever it says.
    if (status !== 0 || closing === undefined) counts.failed = Math.max(counts.failed, 1);
    passed += counts.passed;
    failed += counts.failed;
    const seconds = Math.round((performance.now() - startedAt) / 1000);
    console.log(`${counts.failed === 0 ? 'ok    ' : 'FAILED'} ${suite.name} (${counts.passed} passed, ${seconds} s)`);
    if (counts.failed > 0) console.log(`${stdout}${stderr}`);
  }
}

// Clients mostly wait for servers, and installations for the network.
const waiting = [...suites];
await Promise.all([runSuites(waiting), runSuites(waiting)]);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
