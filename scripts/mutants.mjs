/**
 * Finds faults that no test finds: puts small ones (scripts/mutations.mjs), chosen by a seed, one at a time into the code that guards
 * something, and runs the tests of its room. About 40 seconds for each on two cores.
 *
 * `npm run test:mutants -- [--seed N] [--count N] [--room NAME]`: by default 100 of all rooms, with a new seed. It works on a clone
 * of the last commit. Exit code 1 where a mutant survives that scripts/mutants-argued.json does not argue for.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { apply, mutationsOf, sample } from './mutations.mjs';

/** What guards something, and the tests that hold it to that: folders and files, as `vitest run` takes them. */
const ROOMS = {
  audit: { sources: ['src/audit'], tests: ['src/audit/', 'test/e2e/audit'] },
  engine: {
    sources: ['src/engine'],
    tests: ['src/engine/', 'test/e2e/fairness', 'test/e2e/faults', 'test/e2e/sequences', 'test/e2e/response-cache'],
  },
  governance: {
    sources: ['src/governance'],
    tests: [
      'src/governance/',
      'test/contract/server.client-certificates',
      'test/contract/server.credentials',
      'test/contract/server.ended-credentials',
      'test/contract/server.identities',
      'test/e2e/access',
      'test/e2e/anonymous',
      'test/e2e/issuers',
      'test/e2e/keys',
      'test/e2e/quotas',
    ],
  },
  loading: {
    sources: ['src/repository/check-load-request.ts', 'src/repository/read-override.ts', 'src/runtimes/by-load.ts'],
    tests: ['src/repository/', 'test/architecture/load-request-keys', 'test/e2e/load-'],
  },
  server: {
    sources: ['src/server/fast-path', 'src/server/grpc', 'src/server/http', 'src/server/host-guard.ts'],
    tests: ['src/server/', 'test/contract/server.', 'test/e2e/bad-input', 'test/e2e/penetration'],
  },
  'shared-memory': { sources: ['src/shared-memory'], tests: ['src/shared-memory/', 'test/e2e/shared-memory'] },
  sources: {
    sources: ['src/sources'],
    tests: ['src/sources/', 'test/e2e/pull', 'test/e2e/network-pull', 'test/e2e/load-by-path'],
  },
  store: {
    sources: ['src/store'],
    tests: ['src/store/', 'test/contract/store.', 'test/e2e/store', 'test/e2e/control-store'],
  },
};

const root = path.dirname(import.meta.dirname);
const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    count: { type: 'string', default: '100' },
    room: { type: 'string', multiple: true, default: Object.keys(ROOMS) },
  },
});
const unknown = values.room.filter((name) => !Object.hasOwn(ROOMS, name));
if (unknown.length > 0)
  throw new Error(`no such room: ${unknown.join(', ')}; there are: ${Object.keys(ROOMS).join(', ')}`);

const argued = JSON.parse(readFileSync(path.join(root, 'scripts/mutants-argued.json'), 'utf8'));
const clone = mkdtempSync(path.join(tmpdir(), 'millrace-mutants-'));
let survivors = 0;
try {
  const cloned = spawnSync('git', ['clone', '--quiet', root, clone], { stdio: 'inherit' });
  if (cloned.status !== 0) throw new Error('the last commit cannot be cloned');
  symlinkSync(path.join(root, 'node_modules'), path.join(clone, 'node_modules'));
  const chosen = sample(values.room.flatMap(mutantsOf), { count: Number(values.count), seed: Number(values.seed) });
  const rooms = [...new Set(chosen.map(({ room }) => room))].sort();
  console.log(`seed ${values.seed}: ${chosen.length} mutants in ${rooms.join(', ')}`);
  for (const room of rooms)
    await tryRoom(
      room,
      chosen.filter((mutant) => mutant.room === room),
    );
} finally {
  rmSync(clone, { recursive: true, force: true });
}
console.log(survivors === 0 ? 'none survived' : `${survivors} survived`);
if (survivors > 0) process.exitCode = 1;

function mutantsOf(room) {
  return ROOMS[room].sources.flatMap(filesOf).flatMap((file) => {
    const text = readFileSync(path.join(clone, file), 'utf8');
    return mutationsOf(text).map((mutation) => ({ room, file, text, mutation }));
  });
}

function filesOf(source) {
  if (source.endsWith('.ts')) return [source];
  return readdirSync(path.join(clone, source), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => path.join(source, name))
    .sort();
}

async function tryRoom(room, mutants) {
  const startedAt = performance.now();
  if ((await runTests(room)) !== 'passed') throw new Error(`the tests of '${room}' fail without a mutant`);
  const timeoutMs = 4 * (performance.now() - startedAt);
  for (const { file, text, mutation } of mutants) {
    const mutated = apply(text, mutation);
    writeFileSync(path.join(clone, file), mutated);
    const outcome = await runTests(room, timeoutMs);
    writeFileSync(path.join(clone, file), text);
    report({ file, mutation, before: lineOf(text, mutation), after: lineOf(mutated, mutation), outcome });
  }
}

function report({ file, mutation, before, after, outcome }) {
  const reason = argued.find(
    (known) => known.file === file && known.before === before && known.after === after,
  )?.because;
  const isSurvivor = outcome === 'passed' && reason === undefined;
  if (isSurvivor) survivors++;
  const verdict =
    outcome === 'passed' ? (reason === undefined ? 'SURVIVED' : 'argued') : outcome === 'failed' ? 'killed' : 'hung';
  console.log(`${verdict.padEnd(8)} ${file}:${mutation.line}`);
  if (isSurvivor) console.log(`         - ${before}\n         + ${after}`);
}

function lineOf(text, { line }) {
  return text.split('\n')[line - 1].trim();
}

/** `failed` is what a mutant should make them; `hung` is as good. */
function runTests(room, timeoutMs) {
  return new Promise((resolve) => {
    const vitest = path.join(root, 'node_modules/vitest/vitest.mjs');
    const args = [vitest, 'run', '--project', 'all', '--bail', '1', '--reporter', 'dot', ...ROOMS[room].tests];
    const child = spawn(process.execPath, args, { cwd: clone, stdio: 'ignore', detached: true });
    let outcome;
    const timer = setTimeout(() => {
      outcome = 'hung';
      process.kill(-child.pid, 'SIGKILL');
    }, timeoutMs ?? 1_800_000);
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve(outcome ?? (code === 0 ? 'passed' : 'failed'));
    });
  });
}
