import { availableParallelism } from 'node:os';
import { type Command, InvalidArgumentError } from 'commander';
import { connect, type MillraceClient } from '../../client/index.js';
import { invalidArgument } from '../../core/index.js';
import { fetchInputs } from '../../loadgen/index.js';
import { type Objective, parseSlo, planCapacity } from '../../planning/index.js';
import { loadRuntimes } from '../../repository/index.js';
import { cpuQuota } from '../../runtimes/index.js';
import { findCheckTarget } from '../check-target.js';
import { type CommandContext, examples } from '../command.js';
import { formatJson } from '../format/json.js';
import { formatPlan, type PlanReport, toJsonPlan } from '../format/plan.js';
import { formatMs } from '../format/units.js';
import { addGeneratedRequestFlags, type GeneratedRequestFlags } from '../inputs/generated-request-flags.js';
import type { Io } from '../io.js';
import { withLocalServer } from '../plan/local-server.js';
import {
  type MeasuredServer,
  type MeasureOptions,
  measureServer,
  measuringMs,
  readConfig,
  sizesToMeasure,
} from '../plan/measure-server.js';
import { withProgress } from '../progress.js';
import { checkRepositories } from '../repositories.js';
import {
  addCredentialFlags,
  clientOptions,
  findKey,
  findTls,
  parseCount,
  parseNumber,
  type ServerFlags,
  suggestingModels,
} from '../server-options.js';
import { addModelFlags, type GivenFlags, loadSettingsFor } from '../setting-flags.js';
import { createTlsFetch } from '../tls-fetch.js';

interface PlanFlags extends Omit<ServerFlags, 'url'>, GeneratedRequestFlags {
  readonly model: string;
  readonly rate: number;
  readonly slo?: string;
  readonly pricePerCoreHour?: number;
  readonly duration: number;
  readonly url?: string;
  readonly modelVersion?: string;
  readonly serverPid?: number;
  readonly json?: true;
}

/** `millrace plan`: what a rate of requests takes, from measured times. */
export function registerPlan(program: Command, { io }: CommandContext): void {
  const command = program
    .command('plan')
    .description('measure a model, and predict instances, cores, memory, latency and cost at a rate of requests')
    .requiredOption('--model <model>', 'its name in the repository, its folder or its file; with --url its name')
    .requiredOption('--rate <number>', 'requests a second, which arrive at random', parseRate)
    .option('--slo <objectives>', "latencies to stay below: 'p95<20ms' or 'p50<5ms,p99<0.1s'")
    .option('--price-per-core-hour <number>', 'say what a million requests cost, in the same currency', parseNumber)
    .option('--duration <ms>', 'how long each step of measuring takes', parseCount, 1_500);
  addGeneratedRequestFlags(command);
  addCredentialFlags(
    addModelFlags(command)
      .option(
        '-u, --url <url>',
        'measure this server, which has nothing else to do, instead of starting the model here',
      )
      .option('--model-version <version>', 'with --url: this version instead of the one that the server chooses')
      .option('--server-pid <pid>', 'with --url: its process on this machine, if it serves no other model', parseCount),
  )
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      examples(
        'millrace plan --model mobilenetv3 --rate 400',
        "millrace plan --model ./models/mlp --rate 2000 --slo 'p95<10ms,p99<25ms' --price-per-core-hour 0.04",
        "millrace plan --url http://127.0.0.1:8000 --model mlp --rate 500 --slo 'p95<20ms' --json",
      ),
    )
    .action(async (flags: GivenFlags & PlanFlags) => {
      const report = await plan(io, flags);
      io.stdout.write(flags.json ? formatJson(toJsonPlan(report)) : formatPlan(report, io.stdout));
    });
}

function parseRate(text: string): number {
  const rate = parseNumber(text);
  if (rate === 0) throw new InvalidArgumentError('Expected more than 0 requests a second.');
  return rate;
}

async function plan(io: Io, flags: GivenFlags & PlanFlags): Promise<PlanReport> {
  const slo = flags.slo === undefined ? [] : parseSlo(flags.slo);
  checkFlags(flags);
  const measured = flags.url === undefined ? await measureHere(io, flags) : await measureThere(io, flags.url, flags);
  return report(flags, slo, measured);
}

function report(flags: PlanFlags, slo: readonly Objective[], measured: MeasuredServer): PlanReport {
  const { rate: requestsPerSecond, pricePerCoreHour } = flags;
  const { model, memory } = measured;
  const plan = planCapacity({ model, requestsPerSecond, slo, memory, pricePerCoreHour });
  return { name: flags.model, requestsPerSecond, slo, pricePerCoreHour, measured, plan };
}

function checkFlags({ url, modelVersion, serverPid }: PlanFlags): void {
  if (url !== undefined) return;
  if (modelVersion !== undefined) throw invalidArgument('--model-version needs --url');
  if (serverPid !== undefined) throw invalidArgument('--server-pid needs --url');
}

/** Starts the model in a server of its own. */
async function measureHere(io: Io, flags: GivenFlags & PlanFlags): Promise<MeasuredServer> {
  const { repository, runners } = await loadSettingsFor(io, flags);
  const runtimes = await loadRuntimes(runners.runtimes);
  const places = { cwd: io.cwd, repositories: repository.paths, runtimes };
  const { repositories, model } = await findCheckTarget(flags.model, places);
  await checkRepositories(repositories, false);
  if (model === undefined) throw invalidArgument(`--model: ${flags.model} is a repository; name one of its models`);
  const settings = await loadSettingsFor(io, flags, { modelRepository: repositories });
  return withProgress(io, { text: `loading ${model}`, exitOnSignal: false }, (progress) =>
    withLocalServer(io, { settings, model }, (server) =>
      measure(io, flags, {
        connection: { url: server.url, signal: server.signal },
        client: connect(server.url),
        headers: {},
        model,
        version: undefined,
        serverPid: server.pid,
        prefetchBelowMs: settings.engine.prefetchBelowMs,
        cores: Math.min(availableParallelism(), cpuQuota() ?? Number.POSITIVE_INFINITY),
        onProgress: (text) => progress.update(text),
      }),
    ),
  );
}

/** The default of `engine.prefetchBelowMs`, which other servers do not tell. */
const PREFETCH_BELOW_MS = 10;

async function measureThere(io: Io, url: string, flags: PlanFlags): Promise<MeasuredServer> {
  const server = { ...flags, url };
  const tls = await findTls(io, server);
  const key = await findKey(io, server);
  const client = connect(url, await clientOptions(io, server));
  return withProgress(io, `measuring ${flags.model}`, (progress) =>
    measure(io, flags, {
      connection: { url, ...tls },
      client,
      headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
      ...(tls === undefined ? {} : { fetch: createTlsFetch(tls) }),
      model: flags.model,
      version: flags.modelVersion,
      serverPid: flags.serverPid,
      prefetchBelowMs: PREFETCH_BELOW_MS,
      cores: flags.serverPid === undefined ? Number.POSITIVE_INFINITY : availableParallelism(),
      onProgress: (text) => progress.update(text),
    }),
  );
}

type Reached = Omit<MeasureOptions, 'inputs' | 'payload' | 'rowsPerRequest' | 'stepMs'> & {
  readonly fetch?: typeof fetch;
};

async function measure(io: Io, flags: PlanFlags, { fetch, ...reached }: Reached): Promise<MeasuredServer> {
  const { client, connection, headers, model, version } = reached;
  const config = await readServed(client, reached);
  const inputs = await fetchInputs({
    url: connection.url,
    headers,
    model,
    ...(version === undefined ? {} : { version }),
    ...(fetch === undefined ? {} : { fetch }),
  });
  const shapes = Object.fromEntries(flags.shape ?? []);
  const { format, rows: rowsPerRequest, duration: stepMs } = flags;
  if (rowsPerRequest > config.batching.maxRows) {
    throw invalidArgument(
      `--rows: model '${model}' takes ${config.batching.maxRows} rows a request, got ${rowsPerRequest}`,
    );
  }
  const takesMs = measuringMs(sizesToMeasure(config, rowsPerRequest), stepMs);
  const announced = `measuring ${model}, which takes about ${formatMs(takesMs)}`;
  if (!io.stderr.isTTY) io.stderr.write(`${announced}\n`);
  const payload = { shapes, format, data: flags.zero === true ? 'zero' : 'random' } as const;
  const onProgress = (step: string): void => reached.onProgress?.(`${announced}: ${step}`);
  return measureServer({ ...reached, inputs, payload, rowsPerRequest, stepMs, onProgress }, config);
}

function readServed(client: MillraceClient, { model, version }: Pick<Reached, 'model' | 'version'>) {
  return suggestingModels(client, model, () =>
    readConfig(client.model(model, version === undefined ? {} : { version }), model),
  );
}
