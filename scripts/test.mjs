/**
 * `npm test`: every check that needs nothing but npm, one after the other. What a step printed is shown only when it
 * failed; the tests say how far they are, and what of them failed. Closes with `N passed, N failed`, where a check counts as
 * one and the tests count one by one.
 *
 * `node scripts/test.mjs [step…]` runs only the named ones. Unit and contract tests collect coverage where `coverage` follows them; the others do not, as that would take them
 * half as long again.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const TEST_REPORT = 'coverage/tests.json';
/** The steps that run tests: all of them, unit and contract tests, or the others. */
const TESTS = ['test:code', 'test:units', 'test:e2e'];
const MAX_LINES = 100;
/** Of the failure of one test. */
const MAX_REASON_LINES = 6;
const STEPS = [
  ...['build', 'lint', 'typecheck', 'rooms', 'unused'],
  ...['test:units', 'coverage', 'test:e2e', 'check:docs', 'check:package'],
];

const root = path.dirname(import.meta.dirname);
const { scripts } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
const env = { ...process.env, PATH: [path.join(root, 'node_modules/.bin'), process.env.PATH].join(path.delimiter) };

/** Runs one script of package.json; resolves with whether it succeeded and all that it printed. */
function run(step) {
  return new Promise((resolve) => {
    // The tests report by themselves, and in one line where they have a terminal.
    const stdout = TESTS.includes(step) ? 'inherit' : 'pipe';
    const command = step === 'test:units' && steps.includes('coverage') ? `${scripts[step]} --coverage` : scripts[step];
    const child = spawn(command, { cwd: root, env, shell: true, stdio: ['ignore', stdout, 'pipe'] });
    const chunks = [];
    child.stdout?.on('data', (chunk) => chunks.push(chunk));
    child.stderr.on('data', (chunk) => chunks.push(chunk));
    child.on('close', (code) => resolve({ ok: code === 0, output: Buffer.concat(chunks).toString() }));
  });
}

function count(step, ok) {
  if (!TESTS.includes(step)) return { passed: ok ? 1 : 0, failed: ok ? 0 : 1 };
  const report = readReport();
  if (report === undefined) return { passed: 0, failed: 1 };
  const { numPassedTests: passed, numFailedTests, numPendingTests, numTodoTests } = report;
  // A test that was skipped proves nothing, and a test file that does not even load has no failed test.
  return { passed, failed: Math.max(numFailedTests + numPendingTests + numTodoTests, ok ? 0 : 1) };
}

/** The results of the tests that ran last; undefined where they did not get as far. */
function readReport() {
  try {
    return JSON.parse(readFileSync(path.join(root, TEST_REPORT), 'utf8'));
  } catch {
    return undefined;
  }
}

/** Names the tests that failed, and why. The reporter has shown each failure where it happened, far above the end of a long output. */
function showFailedTests() {
  for (const { name, message, assertionResults } of readReport()?.testResults ?? []) {
    const file = path.relative(root, name);
    if (message !== '') console.log(`       ${file}: ${message.split('\n', 1)[0]}`);
    const failed = assertionResults.filter(({ status }) => status !== 'passed');
    for (const { fullName, failureMessages } of failed) {
      console.log(`       ${file} > ${fullName}`);
      const lines = failureMessages.join('\n').split('\n', MAX_REASON_LINES);
      for (const line of lines) console.log(`         ${line}`);
    }
  }
}

/** Prints the end of it; all of it is in a file where that is more. */
function show(step, output) {
  const lines = output.trimEnd().split('\n');
  console.log(lines.slice(-MAX_LINES).join('\n'));
  if (lines.length <= MAX_LINES) return;
  const log = `coverage/${step.replace(':', '-')}.log`;
  mkdirSync(path.join(root, 'coverage'), { recursive: true });
  writeFileSync(path.join(root, log), output);
  console.log(`all of it: ${log}`);
}

const named = process.argv.slice(2);
const steps = named.length === 0 ? STEPS : named;
const unknown = steps.filter((step) => scripts[step] === undefined);
if (unknown.length > 0) throw new Error(`no such script in package.json: ${unknown.join(', ')}`);

if (steps.some((step) => TESTS.includes(step))) rmSync(path.join(root, 'coverage'), { recursive: true, force: true });
let passed = 0;
let failed = 0;
for (const step of steps) {
  const startedAt = performance.now();
  // A step that does not get to its report is not to be counted by another one's.
  if (TESTS.includes(step)) rmSync(path.join(root, TEST_REPORT), { force: true });
  const { ok, output } = await run(step);
  const counts = count(step, ok);
  passed += counts.passed;
  failed += counts.failed;
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`${counts.failed === 0 ? 'ok    ' : 'FAILED'} ${step} (${seconds} s)`);
  if (!ok) show(step, output);
  if (!ok && TESTS.includes(step)) showFailedTests();
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
