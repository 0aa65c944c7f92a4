import type { Command } from 'commander';
import { MillraceError } from '../../core/index.js';
import {
  createInferRequest,
  fetchInputs,
  formatCsv,
  formatHtml,
  formatLevel,
  formatText,
  generateTensors,
  type LoadProgress,
  type LoadReport,
  type LoadRequest,
  type MetadataSource,
  parseRange,
  runLoad,
} from '../../loadgen/index.js';
import { type BenchPlanFlags, planBench } from '../bench-plan.js';
import { type CommandContext, examples } from '../command.js';
import { EXIT_CODES, exitReasonOf } from '../exit-code.js';
import { writeNamed } from '../files.js';
import { formatJson } from '../format/json.js';
import { formatMs } from '../format/units.js';
import { addGeneratedRequestFlags, type GeneratedRequestFlags } from '../inputs/generated-request-flags.js';
import { isDecoupled, keepsSequences } from '../inputs/model-config.js';
import type { Io } from '../io.js';
import { withProgress } from '../progress.js';
import {
  addServerFlags,
  connectTo,
  findKey,
  findTls,
  parseCount,
  parseNumber,
  type ServerFlags,
} from '../server-options.js';
import { createTlsFetch } from '../tls-fetch.js';

interface BenchFlags extends ServerFlags, BenchPlanFlags, GeneratedRequestFlags {
  readonly modelVersion?: string;
  readonly warmup: number;
  readonly maxLatency?: number;
  readonly seed: number;
  readonly serverPid?: number;
  readonly csv?: string;
  readonly html?: string;
  readonly json?: true;
}

/** `millrace bench <model>`: load on a server of the Open Inference Protocol. */
export function registerBench(program: Command, { io, exitWith }: CommandContext): void {
  const command = program
    .command('bench <model>')
    .description('put load on a model of any server of the protocol and report throughput and latency')
    .option(
      '--concurrency <range>',
      'clients that send one request after the other: 8, 1:16, 1:16:5 or 1,8,32',
      parseRange,
    )
    .option('--rate <range>', 'requests that are due a second instead, whatever the server does', parseRange)
    .option('--poisson', 'with --rate: random gaps between requests rather than equal ones');
  addGeneratedRequestFlags(command).option(
    '--model-version <version>',
    'this version instead of the one that the server chooses',
  );
  addMeasurementFlags(command);
  addServerFlags(command)
    .option('--server-pid <pid>', 'process whose tree is charged with CPU and memory (same machine)', parseCount)
    .option('--csv <file>', 'write the report as CSV')
    .option('--html <file>', 'write the report as a page with plots')
    .option('--json', 'print the report as JSON')
    .addHelpText(
      'after',
      examples(
        'millrace bench mlp',
        'millrace bench mlp --concurrency 1,8,32 --rows 4',
        'millrace bench mlp --rate 1000:5000:1000 --poisson --max-latency 20 --html report.html',
      ),
    )
    .action(async (model: string, flags: BenchFlags) => {
      const { levels } = await bench(io, model, flags);
      if (levels.some(({ completed }) => completed === 0)) exitWith(EXIT_CODES.failed.code);
    });
}

function addMeasurementFlags(command: Command): void {
  command
    .option('--window <ms>', 'length of a measuring window', parseNumber, 5_000)
    .option('--windows <count>', 'windows in a row that have to agree', parseCount, 3)
    .option('--tolerance <percent>', 'how far they may lie apart', parseNumber, 10)
    .option('--max-windows <count>', 'give up on a level that does not settle', parseCount, 10)
    .option('--percentile <number>', 'let this percentile of latency settle instead of the mean', parseNumber)
    .option('--duration <ms>', 'measure each level once, for so long', parseNumber)
    .option('--count <requests>', 'measure each level once, for so many requests', parseCount)
    .option('--warmup <ms>', 'load before each level', parseNumber, 1_000)
    .option('--max-latency <ms>', 'stop after the first level whose p99 is above this', parseNumber)
    .option('--seed <number>', 'makes random inputs and arrivals repeatable', parseNumber, 1);
}

async function bench(io: Io, model: string, flags: BenchFlags): Promise<LoadReport> {
  const { levels, measurement } = planBench(flags);
  const key = await findKey(io, flags);
  const { url } = flags;
  const tls = await findTls(io, flags);
  const server = {
    url,
    headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
    ...(tls === undefined ? {} : { fetch: createTlsFetch(tls) }),
  };
  await refuseUnmeasurable(io, model, flags);
  const request = await createRequest(server, model, flags);
  const report = await withProgress(io, `warming up ${model}`, (progress) =>
    runLoad({
      url,
      ...tls,
      requests: [request],
      levels,
      measurement,
      warmupMs: flags.warmup,
      rowsPerRequest: flags.rows,
      seed: flags.seed,
      ...(flags.timeout === undefined ? {} : { timeoutMs: flags.timeout }),
      ...(flags.serverPid === undefined ? {} : { serverPid: flags.serverPid }),
      ...(flags.maxLatency === undefined ? {} : { latencyLimitMs: flags.maxLatency }),
      onProgress: (state) => progress.update(describeProgress(state)),
    }),
  );
  await writeReports(io, report, flags);
  io.stdout.write(flags.json ? formatJson(report) : `${formatText(report)}\n`);
  return report;
}

/** One request after the other, each with its one answer, is all that is measured here. */
async function refuseUnmeasurable(io: Io, model: string, flags: BenchFlags): Promise<void> {
  const client = await connectTo(io, flags);
  const version = flags.modelVersion === undefined ? {} : { version: flags.modelVersion };
  const config = await client
    .model(model, version)
    .config()
    .catch((error: unknown) => {
      if (exitReasonOf(error) === 'unreachable') throw error;
      // Servers without that route are believed; the first request tells.
      return {};
    });
  const reason = isDecoupled(config)
    ? 'may give several answers'
    : keepsSequences(config)
      ? 'keeps sequences'
      : undefined;
  if (reason === undefined) return;
  const message = `model '${model}' ${reason}: bench measures single requests with one answer; use perf_analyzer`;
  throw new MillraceError('unimplemented', message);
}

async function createRequest(
  server: Pick<MetadataSource, 'url' | 'fetch'> & { readonly headers: Readonly<Record<string, string>> },
  model: string,
  flags: BenchFlags,
): Promise<LoadRequest> {
  const which = { model, ...(flags.modelVersion === undefined ? {} : { version: flags.modelVersion }) };
  const inputs = await fetchInputs({ ...server, ...which });
  const tensors = generateTensors(inputs, {
    rows: flags.rows,
    shapes: Object.fromEntries(flags.shape ?? []),
    data: flags.zero === true ? 'zero' : 'random',
    seed: flags.seed,
  });
  return createInferRequest({ ...which, tensors, format: flags.format, headers: server.headers });
}

async function writeReports(io: Io, report: LoadReport, flags: BenchFlags): Promise<void> {
  if (flags.csv !== undefined) await writeNamed(io, flags.csv, { content: formatCsv(report) });
  if (flags.html !== undefined) await writeNamed(io, flags.html, { content: formatHtml(report) });
}

function describeProgress(state: LoadProgress): string {
  const level = state.levelCount > 1 ? ` (level ${state.levelIndex + 1} of ${state.levelCount})` : '';
  const window = state.maxWindows > 1 ? `, window ${state.windows} of at most ${state.maxWindows}` : '';
  const speed = `${state.requestsPerSecond.toFixed(0)}/s, ${formatMs(state.latencyMs)}`;
  return `${formatLevel(state.level)}${level}${window}: ${speed}`;
}
