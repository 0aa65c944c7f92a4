import type { MillraceClient } from '../../client/index.js';
import { MillraceError } from '../../core/index.js';
import { mainThreadUsage, processCpuMs, processTree } from '../../loadgen/index.js';

/** One model of a server that is watched. */
export interface ObservedServer {
  readonly client: MillraceClient;
  readonly model: string;
  readonly version: string | undefined;
  /** Its processes are on this machine and serve no other model; undefined = what they use is not known. */
  readonly serverPid: number | undefined;
}

/** Processor time of a server's processes, milliseconds. */
export interface ProcessorTimes {
  /** Of the server's main thread, and how long that waited for a core. */
  readonly loopMs: number;
  readonly loopWaitedMs: number;
  /** Of its runners. */
  readonly runnersMs: number;
  /** Of the main threads of all, and how long these waited for a core. */
  readonly threadsMs: number;
  readonly waitedMs: number;
}

/** What was done, and what it has cost the server. */
export interface Observed<T> {
  readonly result: T;
  readonly runs: number;
  readonly rows: number;
  readonly requests: number;
  /** Mean of a run, as the runners saw them. */
  readonly computeMs: number;
  /** undefined where it is not known. */
  readonly processors: ProcessorTimes | undefined;
}

/** Does something, and what the server's statistics and the system say of it. */
export async function observe<T>(options: ObservedServer, work: () => Promise<T>): Promise<Observed<T>> {
  const before = await readCounters(options);
  const result = await work();
  const after = await readCounters(options);
  const runs = after.runs - before.runs;
  return {
    result,
    runs,
    rows: after.rows - before.rows,
    requests: after.requests - before.requests,
    computeMs: (after.computeMs - before.computeMs) / Math.max(1, runs),
    processors: difference(after.processors, before.processors),
  };
}

async function readCounters({ client, model, version, serverPid }: ObservedServer) {
  const [statistics] = await client.model(model, version === undefined ? {} : { version }).statistics();
  if (statistics === undefined) throw new MillraceError('failed_precondition', `no statistics of model '${model}'`);
  const computeNs = statistics.batch_stats.reduce(
    (sum, { compute_input, compute_infer, compute_output }) =>
      sum + compute_input.ns + compute_infer.ns + compute_output.ns,
    0,
  );
  return {
    runs: statistics.execution_count,
    rows: statistics.inference_count,
    requests: statistics.inference_stats.success.count,
    computeMs: computeNs / 1e6,
    processors: serverPid === undefined ? undefined : readProcessors(serverPid),
  };
}

function readProcessors(serverPid: number): ProcessorTimes | undefined {
  const server = mainThreadUsage(serverPid);
  if (server === undefined) return undefined;
  const runners = processTree(serverPid).slice(1);
  const threads = [server, ...runners.flatMap((pid) => mainThreadUsage(pid) ?? [])];
  return {
    loopMs: server.cpuMs,
    loopWaitedMs: server.waitedMs,
    runnersMs: sumOf(runners.map((pid) => processCpuMs(pid) ?? 0)),
    threadsMs: sumOf(threads.map(({ cpuMs }) => cpuMs)),
    waitedMs: sumOf(threads.map(({ waitedMs }) => waitedMs)),
  };
}

function difference(after: ProcessorTimes | undefined, before: ProcessorTimes | undefined): ProcessorTimes | undefined {
  if (after === undefined || before === undefined) return undefined;
  return {
    loopMs: after.loopMs - before.loopMs,
    loopWaitedMs: after.loopWaitedMs - before.loopWaitedMs,
    runnersMs: after.runnersMs - before.runnersMs,
    threadsMs: after.threadsMs - before.threadsMs,
    waitedMs: after.waitedMs - before.waitedMs,
  };
}

export function sumOf(values: readonly number[]): number {
  return values.reduce((sum, each) => sum + each, 0);
}
