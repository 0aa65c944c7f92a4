import { type ModelClient, parseServerTiming } from '../../client/index.js';
import { availableMemoryBytes } from '../../config/index.js';
import { MillraceError, type TensorSpec } from '../../core/index.js';
import {
  createInferRequest,
  generateTensors,
  type LoadOptions,
  type LoadRequest,
  type PayloadOptions,
  type Probed,
  probe,
  processTree,
  pssBytes,
  runLoad,
} from '../../loadgen/index.js';
import { type FrontTimes, type MeasuredMemory, RunTimes, type ServerModel } from '../../planning/index.js';
import { type Observed, type ObservedServer, observe, type ProcessorTimes, sumOf } from './observe.js';
import { readServedConfig, type ServedConfig } from './served-model.js';

/** The server to measure, and the requests to measure it with. */
export interface MeasureOptions extends ObservedServer {
  readonly connection: Pick<LoadOptions, 'url' | 'ca' | 'identity' | 'signal'>;
  readonly headers: Readonly<Record<string, string>>;
  readonly inputs: readonly TensorSpec[];
  readonly payload: PayloadOptions & { readonly format: 'binary' | 'json' };
  readonly rowsPerRequest: number;
  readonly prefetchBelowMs: number;
  /** Cores of the machine. */
  readonly cores: number;
  /** How long each step takes. */
  readonly stepMs: number;
  readonly onProgress?: (text: string) => void;
}

/** What was measured of a server. */
export interface MeasuredServer {
  readonly model: ServerModel;
  readonly memory: MeasuredMemory | undefined;
  /** Rows of the batches that were measured, and the mean time of their runs. */
  readonly runs: readonly { readonly rows: number; readonly count: number; readonly meanMs: number }[];
  /** Share (0 to 1) of the time in which the server or its runners could have run that they waited for a core, which others had; undefined where it is not known. */
  readonly waitedForCores: number | undefined;
  /** With as many clients as keep it busy. */
  readonly saturated: { readonly clients: number; readonly requestsPerSecond: number; readonly rowsPerBatch: number };
}

const WARM_UP_CLIENTS = 8;
const MAX_CLIENTS = 64;
/** Steps in which the server warms up, and in which it is kept busy. */
const WARM_UP_STEPS = 2;
const SATURATED_STEPS = 3;

/** The batch sizes that are measured: the request's own rows, doubled up to the largest batch. */
export function sizesToMeasure(
  { batching }: Pick<ServedConfig, 'batching'>,
  rowsPerRequest: number,
): readonly number[] {
  if (!batching.batching) return [rowsPerRequest];
  const most = Math.max(rowsPerRequest, batching.maxRows - (batching.maxRows % rowsPerRequest));
  const sizes: number[] = [];
  for (let rows = rowsPerRequest; rows < most; rows *= 2) sizes.push(rows);
  return [...sizes, most];
}

/** How long measuring takes, about. */
export function measuringMs(sizes: readonly number[], stepMs: number): number {
  return (sizes.length + WARM_UP_STEPS + SATURATED_STEPS) * stepMs;
}

/** Reads how a server serves the model. */
export async function readConfig(model: ModelClient, name: string): Promise<ServedConfig> {
  return readServedConfig(name, await model.config());
}

/** Measures what runs of each batch size, and what the server itself, take. Nothing else should use the server, or the machine, meanwhile. */
export async function measureServer(options: MeasureOptions, config: ServedConfig): Promise<MeasuredServer> {
  const { rowsPerRequest, stepMs, onProgress } = options;
  const request = requestOf(options, rowsPerRequest);
  onProgress?.('warm-up');
  await press(options, { request, clients: WARM_UP_CLIENTS, durationMs: WARM_UP_STEPS * stepMs });
  const bySize: SizeMeasurement[] = [];
  for (const rows of sizesToMeasure(config, rowsPerRequest)) {
    onProgress?.(`batches of ${rows}`);
    bySize.push(await measureSize(options, rows));
  }
  const clients = Math.min(MAX_CLIENTS, Math.max(8, 2 * Math.ceil(config.batching.maxRows / rowsPerRequest)));
  onProgress?.(`${clients} clients`);
  const busy = await observe(options, async () => {
    const level = await press(options, { request, clients, durationMs: SATURATED_STEPS * stepMs });
    return level.requestsPerSecond;
  });
  const saturated = { clients, requestsPerSecond: busy.result, rowsPerBatch: busy.rows / Math.max(1, busy.runs) };
  const single = bySize[0] as SizeMeasurement;
  const handoverMs = Math.max(0, medianOf(single.runsMs) - single.computeMs);
  const measuredRuns = bySize.map(({ rows, runsMs }) => ({
    rows,
    runsMs: runsMs.map((each) => Math.max(each - handoverMs, each / 100)),
  }));
  return {
    model: {
      ...config,
      runTimes: new RunTimes(measuredRuns),
      front: { ...frontTimes(single, busy), handoverMs },
      prefetchBelowMs: options.prefetchBelowMs,
      rowsPerRequest,
      coresPerRun: single.coresPerRun ?? 1,
      cores: options.cores,
    },
    memory: measureMemory(options.serverPid, config.instances),
    waitedForCores: waitingShare(bySize),
    runs: measuredRuns.map(({ rows, runsMs }) => ({
      rows,
      count: runsMs.length,
      meanMs: sumOf(runsMs) / runsMs.length,
    })),
    saturated,
  };
}

interface SizeMeasurement {
  readonly rows: number;
  /** As the server saw each run, with the way to the runner and back. */
  readonly runsMs: readonly number[];
  /** Mean, as the runner saw them. */
  readonly computeMs: number;
  /** Of each request but for its run. */
  readonly restMs: readonly number[];
  /** Of the loop for each, the waits for a core included. */
  readonly loopMs: number | undefined;
  readonly coresPerRun: number | undefined;
  readonly processors: ProcessorTimes | undefined;
}

async function measureSize(options: MeasureOptions, rows: number): Promise<SizeMeasurement> {
  const { connection, stepMs } = options;
  const request = requestOf(options, rows);
  const observed = await observe(options, () => probe({ ...connection, request, requests: 5_000, durationMs: stepMs }));
  const timed = observed.result.map(readProbed);
  const runsMs = timed.map(({ runMs }) => runMs);
  return {
    rows,
    runsMs,
    computeMs: observed.computeMs,
    restMs: timed.map(({ restMs }) => restMs),
    loopMs: loopMsPerRequest(observed.processors, timed.length),
    coresPerRun: observed.processors && observed.processors.runnersMs / sumOf(runsMs),
    processors: observed.processors,
  };
}

function readProbed({ latencyMs, serverTiming }: Probed): { readonly runMs: number; readonly restMs: number } {
  const { compute } = parseServerTiming(serverTiming);
  if (compute === undefined) {
    throw new MillraceError(
      'failed_precondition',
      "the server's answers have no Server-Timing with the compute stage: plan needs a millrace server with server.timingHeaders on, and no response cache",
    );
  }
  return { runMs: compute, restMs: Math.max(0, latencyMs - compute) };
}

/** What the loop takes for a request, from many at a time, and to wake up, which one by one each request has it do twice. */
function frontTimes(single: SizeMeasurement, busy: Observed<number>): Omit<FrontTimes, 'handoverMs'> {
  const restMs = [...single.restMs].sort((a, b) => a - b);
  // Where the processor time is not known, a request takes no longer than one after the other.
  const aloneMs = single.loopMs ?? Math.min(medianOf(restMs), 1000 / busy.result);
  const requestMs = Math.min(aloneMs, loopMsPerRequest(busy.processors, busy.requests) ?? aloneMs);
  const { loopMs, loopWaitedMs } = busy.processors ?? { loopMs: 1, loopWaitedMs: 0 };
  return {
    receiveMs: requestMs / 2,
    answerMs: requestMs / 2,
    wakeMs: (aloneMs - requestMs) / 2,
    loopCores: loopMs / Math.max(loopMs + loopWaitedMs, Number.MIN_VALUE),
    outsideMs: restMs.map((each) => Math.max(0, each - aloneMs)),
  };
}

/** How long the loop works for a request, the waits for a core included. */
function loopMsPerRequest(processors: ProcessorTimes | undefined, requests: number): number | undefined {
  return processors && (processors.loopMs + processors.loopWaitedMs) / Math.max(1, requests);
}

function measureMemory(serverPid: number | undefined, instances: number): MeasuredMemory | undefined {
  if (serverPid === undefined) return undefined;
  const [server, ...runners] = processTree(serverPid).map(pssBytes);
  if (server === undefined) return undefined;
  return {
    serverBytes: server,
    runnerBytes: sumOf(runners.map((each) => each ?? 0)) / instances,
    availableBytes: availableMemoryBytes(),
  };
}

/** Shapes of a request with so many times the rows: their first dimension counts rows. */
export function shapesOf(shapes: PayloadOptions['shapes'] = {}, times: number): NonNullable<PayloadOptions['shapes']> {
  return Object.fromEntries(
    Object.entries(shapes).map(([name, [rows = 1, ...row]]) => [
      name,
      times === 1 ? (shapes[name] ?? []) : [rows * times, ...row],
    ]),
  );
}

function requestOf(options: MeasureOptions, rows: number): LoadRequest {
  const { model, version, inputs, payload, headers, rowsPerRequest } = options;
  const shapes = shapesOf(payload.shapes, rows / rowsPerRequest);
  return createInferRequest({
    model,
    ...(version === undefined ? {} : { version }),
    tensors: generateTensors(inputs, { ...payload, shapes, rows }),
    format: payload.format,
    headers,
  });
}

interface Pressure {
  readonly request: LoadRequest;
  readonly clients: number;
  readonly durationMs: number;
}

async function press({ connection }: MeasureOptions, { request, clients, durationMs }: Pressure) {
  const { levels } = await runLoad({
    ...connection,
    requests: [request],
    levels: [{ kind: 'concurrency', concurrency: clients }],
    measurement: { kind: 'duration', durationMs },
    warmupMs: 200,
  });
  const [level] = levels;
  if (level === undefined || level.completed === 0) {
    throw new MillraceError('failed_precondition', `the server answered no request of ${clients} clients`);
  }
  return level;
}

/** While requests come one by one, so that the server does not wait for itself. */
function waitingShare(bySize: readonly SizeMeasurement[]): number | undefined {
  const known = bySize.flatMap(({ processors }) => processors ?? []);
  const waitedMs = sumOf(known.map((each) => each.waitedMs));
  const readyMs = waitedMs + sumOf(known.map((each) => each.threadsMs));
  return readyMs === 0 ? undefined : waitedMs / readyMs;
}

function medianOf(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
