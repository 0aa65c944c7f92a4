/**
 * Finds missing tests: puts small faults (scripts/mutations.mjs), chosen by a seed, one at a time into the code that guards something,
 * and runs the tests of its room. Unit tests run first, in seconds; only survivors of these run the contract tests, and then the
 * end-to-end tests, each with a build: a minute on two idle cores.
 *
 * `npm run test:mutants -- [--seed N] [--count N] [--room NAME]… [--only N,N…]`: by default 100 of all rooms, with a new seed. `--only`
 * repeats mutants of a sample by their numbers, or continues a run that was stopped. It works on a clone of the last commit. Exit code 1
 * where a mutant survives that scripts/mutants-argued.json does not argue for.
 */
import { spawn, spawnSync } from 'node:child_process';
import {
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs, stripVTControlCharacters } from 'node:util';
import { apply, linesOf, mutationsOf, sample } from './mutations.mjs';

/** The rooms: sources that guard something, the folder of their unit tests, and the beginnings of the paths of their other tests. */
const ROOMS = {
  audit: { sources: ['src/audit'], unit: 'src/audit', contract: [], e2e: ['test/e2e/audit'] },
  engine: {
    sources: ['src/engine'],
    unit: 'src/engine',
    contract: [],
    e2e: ['test/e2e/fairness', 'test/e2e/faults', 'test/e2e/sequences', 'test/e2e/response-cache'],
  },
  governance: {
    sources: ['src/governance'],
    unit: 'src/governance',
    contract: [
      'test/contract/server.client-certificates',
      'test/contract/server.credentials',
      'test/contract/server.ended-credentials',
      'test/contract/server.identities',
    ],
    e2e: ['test/e2e/access', 'test/e2e/anonymous', 'test/e2e/issuers', 'test/e2e/keys', 'test/e2e/quotas'],
  },
  loading: {
    sources: ['src/repository/check-load-request.ts', 'src/repository/read-override.ts', 'src/runtimes/by-load.ts'],
    unit: 'src/repository',
    contract: ['test/architecture/load-request-keys'],
    e2e: ['test/e2e/load-'],
  },
  server: {
    sources: ['src/server/fast-path', 'src/server/grpc', 'src/server/http', 'src/server/host-guard.ts'],
    unit: 'src/server',
    contract: ['test/contract/server.'],
    e2e: ['test/e2e/bad-input', 'test/e2e/penetration'],
  },
  'shared-memory': {
    sources: ['src/shared-memory'],
    unit: 'src/shared-memory',
    contract: [],
    e2e: ['test/e2e/shared-memory'],
  },
  sources: {
    sources: ['src/sources'],
    unit: 'src/sources',
    contract: [],
    e2e: ['test/e2e/pull', 'test/e2e/network-pull', 'test/e2e/load-by-path'],
  },
  store: {
    sources: ['src/store'],
    unit: 'src/store',
    contract: [],
    // Its thread runs what is in dist, so that the contract tests need the build, too.
    e2e: ['test/contract/store.', 'test/e2e/store', 'test/e2e/control-store'],
  },
};

/** What runs is the source, so that a mutant needs no build. */
const WITHOUT_BUILD = ['--config', 'test/mutants/vitest.config.ts'];
const unitTests = ({ unit }) => ['run', ...WITHOUT_BUILD, '--dir', unit];
const contractTests = ({ contract }) => ['run', ...WITHOUT_BUILD, ...contract];
const endToEndTests = ({ e2e }) => ['run', '--project', 'units', '--project', 'e2e', '--project', 'isolated', ...e2e];

/** The stages of tests, as arguments of vitest: `all` of a room, and those for a mutant in a file; undefined = none. */
const STAGES = [
  {
    name: 'beside',
    all: unitTests,
    of: (_, file) => (hasTestsBeside(file) ? ['run', ...WITHOUT_BUILD, file.replace(/ts$/, '')] : undefined),
  },
  { name: 'unit', all: unitTests, of: ({ unit }, file) => ['related', file, '--run', ...WITHOUT_BUILD, '--dir', unit] },
  { name: 'contract', all: contractTests, of: (room) => (room.contract.length > 0 ? contractTests(room) : undefined) },
  { name: 'e2e', all: endToEndTests, of: endToEndTests },
];

const root = path.dirname(import.meta.dirname);
const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    count: { type: 'string', default: '100' },
    room: { type: 'string', multiple: true, default: Object.keys(ROOMS) },
    only: { type: 'string' },
  },
});
const unknown = values.room.filter((name) => !Object.hasOwn(ROOMS, name));
if (unknown.length > 0)
  throw new Error(`no such room: ${unknown.join(', ')}; there are: ${Object.keys(ROOMS).join(', ')}`);

const argued = JSON.parse(readFileSync(path.join(root, 'scripts/mutants-argued.json'), 'utf8'));
const clone = mkdtempSync(path.join(tmpdir(), 'millrace-mutants-'));
/** By arguments of vitest: how long these tests may take with a mutant. */
const timeoutsMs = new Map();
const counts = { killed: 0, hung: 0, argued: 0, SURVIVED: 0 };
try {
  const cloned = spawnSync('git', ['clone', '--quiet', root, clone], { stdio: 'inherit' });
  if (cloned.status !== 0) throw new Error('the last commit cannot be cloned');
  symlinkSync(path.join(root, 'node_modules'), path.join(clone, 'node_modules'));
  // Servers in the process of a contract test decode large requests by a thread that runs what is in dist.
  spawnSync(process.execPath, ['scripts/build.mjs'], { cwd: clone, stdio: 'inherit' });
  const chosen = chooseMutants();
  console.log(`seed ${values.seed}: ${chosen.length} mutants in ${values.room.join(', ')}`);
  let left = chosen.filter((mutant) => !isArgued(mutant));
  for (const stage of STAGES) {
    console.log(`${stage.name}: ${left.map(({ number }) => number).join(',')}`);
    left = await survivorsOf(stage, left);
  }
  for (const mutant of left) report('SURVIVED', mutant);
} finally {
  rmSync(clone, { recursive: true, force: true });
}
console.log(
  Object.entries(counts)
    .map(([verdict, count]) => `${count} ${verdict}`)
    .join(', '),
);
if (counts.SURVIVED > 0) process.exitCode = 1;

/** Those of the sample that are to be run: `{ number, room, file, text, mutation, before, after }`. */
function chooseMutants() {
  const options = { count: Number(values.count), seed: Number(values.seed) };
  const only = values.only?.split(',').map(Number);
  return sample(values.room.flatMap(mutationsIn), options)
    .map((chosen, index) => ({ ...chosen, ...linesOf(chosen.text, chosen.mutation), number: index + 1 }))
    .filter(({ number }) => only?.includes(number) ?? true);
}

function mutationsIn(room) {
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

function isArgued(mutant) {
  const argument = argued.find(
    ({ file, before, after }) => file === mutant.file && before === mutant.before && after === mutant.after,
  );
  if (argument !== undefined) report('argued', mutant, argument.because);
  return argument !== undefined;
}

/** Those that the tests of a stage do not find. */
async function survivorsOf(stage, mutants) {
  const survivors = [];
  for (const mutant of mutants) {
    const outcome = await tryStage(stage, mutant);
    if (outcome.failure === undefined) survivors.push(mutant);
    else report(outcome.isHung ? 'hung' : 'killed', mutant, outcome.failure);
  }
  return survivors;
}

async function tryStage(stage, { room, file, text, mutation }) {
  const args = stage.of(ROOMS[room], file);
  if (args === undefined) return {};
  const timeoutMs = await timeoutOf(stage, room);
  writeFileSync(path.join(clone, file), apply(text, mutation));
  const outcome = await runTests(args, timeoutMs);
  writeFileSync(path.join(clone, file), text);
  return outcome;
}

function hasTestsBeside(file) {
  const { dir, name } = path.parse(path.join(clone, file));
  return readdirSync(dir).some((other) => other.startsWith(`${name}.`) && other.endsWith('.test.ts'));
}

function report(verdict, { number, file, mutation, before, after }, reason = '') {
  counts[verdict]++;
  console.log(`${String(number).padStart(3)} ${verdict.padEnd(8)} ${file}:${mutation.line} ${reason}`.trimEnd());
  if (verdict === 'SURVIVED') console.log(`    - ${before}\n    + ${after}`);
}

/** Four times what the tests take without a mutant, which they have to pass. */
async function timeoutOf(stage, room) {
  const args = stage.all(ROOMS[room]);
  const key = args.join(' ');
  if (!timeoutsMs.has(key)) {
    const startedAt = performance.now();
    const { failure } = await runTests(args, 1_800_000);
    if (failure !== undefined) throw new Error(`the tests of '${room}' fail without a mutant: ${failure}`);
    timeoutsMs.set(key, 4 * (performance.now() - startedAt));
  }
  return timeoutsMs.get(key);
}

/** `{}` where all tests pass. `hung` is as good as `killed`. */
function runTests(args, timeoutMs) {
  return new Promise((resolve) => {
    const vitest = [path.join(root, 'node_modules/vitest/vitest.mjs'), ...args, '--bail', '1', '--reporter', 'dot'];
    const output = path.join(clone, 'output.log');
    const file = openSync(output, 'w');
    const child = spawn(process.execPath, vitest, { cwd: clone, stdio: ['ignore', file, file], detached: true });
    closeSync(file);
    let isHung = false;
    const timer = setTimeout(() => {
      isHung = true;
      process.kill(-child.pid, 'SIGKILL');
    }, timeoutMs);
    child.on('exit', (code) => {
      clearTimeout(timer);
      resolve(code === 0 ? {} : { isHung, failure: failureOf(readFileSync(output, 'utf8')) });
    });
  });
}

/** The first test that failed, or what vitest said last. */
function failureOf(output) {
  const text = stripVTControlCharacters(output);
  return /^ *FAIL +(.*)$/m.exec(text)?.[1] ?? text.trim().split('\n').at(-1);
}
