import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { emptyFolder } from '../harness/paths.js';
import { HAS_PERF_ANALYZER, installPerfAnalyzer } from '../harness/perf-analyzer.js';
import { startServer } from '../harness/server.js';
import { Tally } from '../harness/tally.js';
import { copyTritonModels } from '../harness/triton-repository.js';

const RUN_LIMIT_MS = 300_000;
const MODELS = ['simple', 'mlp16', 'mlp16l', 'strid', 'seq_direct', 'seq_oldest', 'repeat'];
/** Short windows and whatever is measured first: what is checked is that it can measure, not what. */
const QUICK = ['--measurement-mode', 'count_windows', '--measurement-request-count', '100', '-s', '999', '-r', '3'];

/** What is run over both protocols. */
const BOTH: Readonly<Record<string, readonly string[]>> = {
  'requests one after the other': ['-m', 'simple', '--concurrency-range', '4'],
  'asynchronous requests': ['-m', 'simple', '-a', '--concurrency-range', '8'],
  'batches of 8': ['-m', 'mlp16l', '-b', '8', '--concurrency-range', '2'],
  'a request rate': ['-m', 'mlp16', '--request-rate-range', '100', '--request-distribution', 'poisson'],
  'strings of variable shape': ['-m', 'strid', '--shape', 'IN:4', '--string-length', '16', '--concurrency-range', '2'],
  'shared memory': [
    ...['-m', 'mlp16l', '--shared-memory', 'system', '--output-shared-memory-size', '1024'],
    ...['--concurrency-range', '4'],
  ],
  sequences: ['-m', 'seq_direct', '--sequence-length', '5', '--concurrency-range', '2'],
};

const STREAM = ['-a', '--streaming'];

const RUNS: readonly Run[] = [
  ...Object.entries(BOTH).flatMap(([name, args]): readonly Run[] => [
    { name: `${name}, HTTP`, protocol: 'http', args },
    { name: `${name}, gRPC`, protocol: 'grpc', args },
  ]),
  {
    name: 'JSON, HTTP',
    protocol: 'http',
    args: [
      '-m',
      'mlp16l',
      '--input-tensor-format',
      'json',
      '--output-tensor-format',
      'json',
      '--concurrency-range',
      '2',
    ],
  },
  {
    name: 'a stream of requests, gRPC',
    protocol: 'grpc',
    args: ['-m', 'simple', ...STREAM, '--concurrency-range', '4'],
  },
  {
    name: 'sequences in a stream, gRPC',
    protocol: 'grpc',
    args: ['-m', 'seq_oldest', ...STREAM, '--sequence-length', '5', '--concurrency-range', '4'],
  },
  {
    name: 'many answers, gRPC',
    protocol: 'grpc',
    args: [
      ...['-m', 'repeat', ...STREAM, '--shape', 'IN:3', '--shape', 'DELAY:1', '--input-data', 'zero'],
      ...['--concurrency-range', '2'],
    ],
  },
];

interface Run {
  readonly name: string;
  readonly protocol: 'http' | 'grpc';
  readonly args: readonly string[];
}

export async function run(): Promise<number> {
  if (!HAS_PERF_ANALYZER) {
    console.log('perf_analyzer is not run: its package has it for Linux on x64 alone\n1 passed, 0 failed');
    return 0;
  }
  const { program, env } = installPerfAnalyzer();
  const folder = emptyFolder('perf-analyzer');
  const repository = copyTritonModels(path.join(folder, 'models'), MODELS);
  const server = await startServer([repository, '--log-level', 'error', '--allow-client-shm']);
  const tally = new Tally();
  const addresses = { http: new URL(server.url).host, grpc: server.grpcAddress };
  const metrics = ['--collect-metrics', '--metrics-url', `${server.metricsUrl}/metrics`];
  try {
    for (const { name, protocol, args } of RUNS) {
      const csv = path.join(folder, `${name}.csv`);
      const { status, stdout, stderr } = spawnSync(
        program,
        ['-i', protocol, '-u', addresses[protocol], '-f', csv, ...QUICK, ...metrics, ...args],
        {
          env,
          encoding: 'utf8',
          timeout: RUN_LIMIT_MS,
        },
      );
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
