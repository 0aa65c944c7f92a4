/**
 * `node scripts/compare-kept.mjs`: measures this build beside the commit whose figures the documentation shows (bench/kept/table.json), built
 * in a worktree, within 4 minutes on two cores, and prints what differs. A report, which judges nothing: a machine that is busy says more about itself.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const ROWS = 'W1,cold-start';
const SIZE = ['--processes', '2', '--rounds', '2', '--duration', '1'];

const root = path.dirname(import.meta.dirname);
const { machine } = JSON.parse(readFileSync(path.join(root, 'bench/kept/table.json'), 'utf8'));
const commit = machine.commit;

if (spawnSync('git', ['cat-file', '-e', `${commit}^{commit}`], { cwd: root, stdio: 'ignore' }).status === 0) {
  compare();
} else {
  console.log(`skipped: this clone has no commit ${commit}, of which bench/kept tells`);
}

function compare() {
  const folder = path.join(mkdtempSync(path.join(tmpdir(), 'millrace-kept-')), 'checkout');
  try {
    const problem = build(folder);
    if (problem !== undefined) {
      console.log(`skipped: ${problem}`);
      return;
    }
    const bench = spawnSync('npm', ['run', '--silent', 'bench', '--', '--compare', folder, '--rows', ROWS, ...SIZE], {
      cwd: root,
      encoding: 'utf8',
    });
    // 1 = something is dearer, which the report says.
    if (bench.status !== 0 && bench.status !== 1) throw new Error(`the benchmark failed:\n${bench.stderr}`);
    console.log(verdictsOf(bench.stdout));
  } finally {
    spawnSync('git', ['worktree', 'remove', '--force', folder], { cwd: root, stdio: 'ignore' });
    rmSync(path.dirname(folder), { recursive: true, force: true });
  }
}

/** Why the old commit cannot be built here; undefined where it is. */
function build(folder) {
  const steps = [
    ['git', ['worktree', 'add', '--detach', '--force', folder, commit], root],
    ['npm', ['ci', '--no-audit', '--no-fund'], folder],
    ['npm', ['run', 'build'], folder],
  ];
  for (const [command, args, cwd] of steps) {
    const { status, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
    if (status !== 0) return `${command} ${args.join(' ')} failed for ${commit}: ${stderr.trim().split('\n').at(-1)}`;
  }
  return undefined;
}

/** Its head and its first table. */
function verdictsOf(report) {
  const lines = report.split('\n');
  const end = lines.findIndex((line) => line.startsWith('## '));
  return lines
    .slice(0, end === -1 ? undefined : end)
    .join('\n')
    .trimEnd();
}
