import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { emptyFolder } from '../harness/paths.js';
import { HAS_PERF_ANALYZER, installPerfAnalyzer } from '../harness/perf-analyzer.js';
import { startServer } from '../harness/server.js';
import { Tally } from '../harness/tally.js';
import { writeTritonModels } from '../harness/triton-models.js';

const RUN_LIMIT_MS = 60_000;
/** Short windows and whatever is measured first: what is checked is that it can measure, not what. */
const QUICK = ['--measurement-mode', 'count_windows', '--measurement-request-count', '100', '-s', '999', '-r', '3'];

const RUNS: Readonly<Record<string, readonly string[]>> = {
  'binary tensors': ['-m', 'simple', '--concurrency-range', '4'],
  'JSON, batches of 8': [
    ...['-m', 'mlp16l', '-b', '8', '--concurrency-range', '2'],
    ...['--input-tensor-format', 'json', '--output-tensor-format', 'json'],
  ],
  'a request rate': ['-m', 'mlp16', '--request-rate-range', '100', '--request-distribution', 'poisson'],
  'strings of variable shape': ['-m', 'strid', '--shape', 'IN:4', '--string-length', '16', '--concurrency-range', '2'],
  'asynchronous requests': ['-m', 'mlp784', '-a', '--concurrency-range', '8'],
};

export async function run(): Promise<number> {
  if (!HAS_PERF_ANALYZER) {
    console.log('perf_analyzer is not run: its package has it for Linux on x64 alone\n1 passed, 0 failed');
    return 0;
  }
  const { program, env } = installPerfAnalyzer();
  const folder = emptyFolder('perf-analyzer');
  const server = await startServer([writeTritonModels(path.join(folder, 'models')), '--log-level', 'error']);
  const tally = new Tally();
  const address = new URL(server.url).host;
  const metrics = ['--collect-metrics', '--metrics-url', `${server.metricsUrl}/metrics`];
  try {
    for (const [name, args] of Object.entries(RUNS)) {
      const csv = path.join(folder, `${name}.csv`);
      const { status, stdout, stderr } = spawnSync(program, ['-u', address, '-f', csv, ...QUICK, ...metrics, ...args], {
        env,
        encoding: 'utf8',
        timeout: RUN_LIMIT_MS,
      });
      const problem = status === 0 ? findMissing(readFileSync(csv, 'utf8')) : `${status}: ${stdout}${stderr}`;
      tally.check(problem === undefined, `${name}: ${problem}`);
    }
  } finally {
    tally.check((await server.stop()) === 0, `the server did not end well: ${server.lastWords()}`);
  }
  return tally.close();
}

const MEASURED = ['Inferences/Second', 'Server Queue', 'Server Compute Infer', 'p99 latency'];

/** A column that should hold a measured time or rate and does not; those of the server come from its statistics. */
function findMissing(csv: string): string | undefined {
  const [head = '', row = ''] = csv.trim().split('\n');
  const values = row.split(',');
  const columns = head.split(',');
  return MEASURED.find((name) => !(Number(values[columns.indexOf(name)]) > 0));
}
