import { type LoadLevel, type LoadRequest, runLoad, treeSwitches, treeUsage } from '../../src/loadgen/index.js';
import { type PoissonLoad, runPoisson, UNCOUNTED_SECONDS } from './open-loop/poisson.js';
import type { BenchSettings } from './row.js';
import type { Sample } from './sample.js';
import type { RunningServer } from './server-process.js';
import { runWrk } from './wrk.js';

export interface LoadPlan {
  readonly request: LoadRequest;
  readonly level: LoadLevel;
  readonly rowsPerRequest: number;
  /** Who sends it; the generator of the settings if not set. */
  readonly generator?: Generator | undefined;
  /** Of Poisson arrivals by `poisson`; the same for all, if not set. */
  readonly seed?: number;
}

/**
 * Who sends the load: wrk closed loops of whole seconds, `poisson` open loops, and our own (`millrace bench`'s) both, also in
 * place of wrk for less than a second.
 */
export type Generator = 'wrk' | 'poisson' | 'own';

export interface LoadSettings {
  readonly seconds: number;
  readonly generator: Generator;
}

/** Puts load on a server for a while and says what came back and what it cost the server's process tree. */
export async function applyLoad(server: RunningServer, plan: LoadPlan, settings: LoadSettings): Promise<Sample> {
  const cpuBefore = treeUsage(server.pid).cpuMs;
  const switchesBefore = treeSwitches(server.pid);
  const startedAt = performance.now();
  const outcome = await send(server, plan, settings);
  const cpuMs = treeUsage(server.pid).cpuMs - cpuBefore;
  const switches = treeSwitches(server.pid) - switchesBefore;
  const { requests, seconds, sent = requests, ...measured } = outcome;
  return {
    ...measured,
    requestsPerSecond: requests / seconds,
    rowsPerSecond: (requests * plan.rowsPerRequest) / seconds,
    cpuUsPerRequest: (cpuMs * 1000) / sent,
    switchesPerRequest: switches / sent,
    rowsPerCpuSecond: (sent * plan.rowsPerRequest * 1000) / cpuMs,
    cores: cpuMs / (performance.now() - startedAt),
  };
}

/** When a server has been driven enough to be measured. */
export interface WarmUp {
  /** So many answers are enough: a server is as fast as it gets once Node has compiled what it runs often. */
  readonly requests: number;
  /** Where requests are slow, so much time is, too. */
  readonly mostSeconds: number;
}

const USUAL_WARM_UP: WarmUp = { requests: 20_000, mostSeconds: 20 };

/** Drives a server, `warmUpSeconds` at a time, until it may be measured; in a trial once. */
export async function warmUp(
  drive: (seconds: number) => Promise<Sample>,
  { warmUpSeconds, trial }: Pick<BenchSettings, 'warmUpSeconds' | 'trial'>,
  { requests, mostSeconds }: WarmUp = USUAL_WARM_UP,
): Promise<void> {
  let answered = 0;
  let spentSeconds = 0;
  do {
    const { requestsPerSecond = 0 } = await drive(warmUpSeconds);
    answered += requestsPerSecond * warmUpSeconds;
    spentSeconds += warmUpSeconds;
  } while (!trial && answered < requests && spentSeconds < mostSeconds);
}

type Outcome = Sample & {
  readonly requests: number;
  readonly seconds: number;
  /** All that the server had to answer, where not all of it counts. */
  readonly sent?: number;
};

function send(server: RunningServer, plan: LoadPlan, { seconds, ...settings }: LoadSettings): Promise<Outcome> {
  const { request, level, seed, generator = settings.generator } = plan;
  if (level.kind === 'rate' && generator === 'poisson')
    return poissonLoad(server, request, { ...level, seconds, seed });
  if (level.kind === 'concurrency' && generator === 'wrk' && seconds >= 1) {
    return wrkLoad(server, request, { connections: level.concurrency, seconds: Math.round(seconds) });
  }
  return ownLoad(server, plan, seconds);
}

type Closed = Parameters<typeof runWrk>[2];

async function wrkLoad(server: RunningServer, request: LoadRequest, load: Closed): Promise<Outcome> {
  const result = await runWrk(server.url, request, load);
  return {
    requests: result.accepted,
    seconds: result.durationUs / 1e6,
    p50Ms: result.p50Us / 1000,
    p99Ms: result.p99Us / 1000,
    errors: result.errors,
  };
}

async function poissonLoad(server: RunningServer, request: LoadRequest, load: PoissonLoad): Promise<Outcome> {
  const result = await runPoisson(server.url, request, load);
  return {
    requests: result.requests - result.errors,
    seconds: load.seconds,
    sent: result.sent,
    p50Ms: result.p50Us / 1000,
    p95Ms: result.p95Us / 1000,
    p99Ms: result.p99Us / 1000,
    lateP99Ms: result.lateP99Us / 1000,
    generatorCores: result.cpuMs / result.wallMs,
    errors: result.errors,
  };
}

async function ownLoad(server: RunningServer, plan: LoadPlan, seconds: number): Promise<Outcome> {
  const cpuBefore = process.cpuUsage();
  const uncountedMs = plan.level.kind === 'rate' ? UNCOUNTED_SECONDS * 1000 : 0;
  const report = await runLoad({
    url: server.url,
    requests: [plan.request],
    levels: [plan.level],
    warmupMs: uncountedMs,
    measurement: { kind: 'duration', durationMs: seconds * 1000 },
  });
  const { user, system } = process.cpuUsage(cpuBefore);
  const level = report.levels[0];
  if (level === undefined) throw new Error('no level was measured');
  const wallMs = uncountedMs + level.durationMs;
  return {
    requests: level.completed,
    seconds: level.durationMs / 1000,
    sent: (level.completed * wallMs) / level.durationMs,
    p50Ms: level.latency.p50Ms,
    p95Ms: level.latency.p95Ms,
    p99Ms: level.latency.p99Ms,
    generatorCores: (user + system) / 1000 / wallMs,
    errors: level.failed,
  };
}
