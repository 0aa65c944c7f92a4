import { type LoadLevel, type LoadRequest, runLoad, treeUsage } from '../../src/loadgen/index.js';
import type { Sample } from './sample.js';
import type { RunningServer } from './server-process.js';
import { runWrk } from './wrk.js';

export interface LoadPlan {
  readonly request: LoadRequest;
  readonly level: LoadLevel;
  readonly rowsPerRequest: number;
}

export interface LoadSettings {
  readonly seconds: number;
  /** Who sends closed loops of whole seconds; open loops are always our own. */
  readonly generator: 'wrk' | 'own';
}

/** Puts load on a server for a while and says what came back and what it cost the server's process tree. */
export async function applyLoad(server: RunningServer, plan: LoadPlan, settings: LoadSettings): Promise<Sample> {
  const useWrk = settings.generator === 'wrk' && plan.level.kind === 'concurrency' && settings.seconds >= 1;
  const cpuBefore = treeUsage(server.pid).cpuMs;
  const startedAt = performance.now();
  const outcome = useWrk ? await wrkLoad(server, plan, settings) : await ownLoad(server, plan, settings);
  const cpuMs = treeUsage(server.pid).cpuMs - cpuBefore;
  const { requests, seconds, ...measured } = outcome;
  return {
    ...measured,
    requestsPerSecond: requests / seconds,
    rowsPerSecond: (requests * plan.rowsPerRequest) / seconds,
    cpuUsPerRequest: (cpuMs * 1000) / requests,
    rowsPerCpuSecond: (requests * plan.rowsPerRequest * 1000) / cpuMs,
    cores: cpuMs / (performance.now() - startedAt),
  };
}

/** A server is as fast as it gets once it has been compiled: where requests are few, a fixed time does not get there. */
const WARM_UP_REQUESTS = 20_000;
const MOST_WARM_UPS = 10;

/** Puts load on a server until it has answered enough to be measured. */
export function warmUp(server: RunningServer, plan: LoadPlan, settings: LoadSettings): Promise<void> {
  return untilWarm((seconds) => applyLoad(server, plan, { ...settings, seconds }), settings.seconds);
}

/** Drives a server, `seconds` at a time, until it has answered enough; less than a second counts as a trial, and is enough. */
export async function untilWarm(drive: (seconds: number) => Promise<Sample>, seconds: number): Promise<void> {
  const turns = seconds < 1 ? 1 : MOST_WARM_UPS;
  let answered = 0;
  for (let turn = 0; turn < turns && answered < WARM_UP_REQUESTS; turn++) {
    const { requestsPerSecond = 0 } = await drive(seconds);
    answered += requestsPerSecond * seconds;
  }
}

type Outcome = Sample & { readonly requests: number; readonly seconds: number };

async function wrkLoad(server: RunningServer, plan: LoadPlan, settings: LoadSettings): Promise<Outcome> {
  const connections = plan.level.kind === 'concurrency' ? plan.level.concurrency : 1;
  const result = await runWrk(server.url, plan.request, { connections, seconds: Math.round(settings.seconds) });
  return {
    requests: result.requests,
    seconds: result.durationUs / 1e6,
    p50Ms: result.p50Us / 1000,
    p99Ms: result.p99Us / 1000,
    errors: result.errors,
  };
}

async function ownLoad(server: RunningServer, plan: LoadPlan, settings: LoadSettings): Promise<Outcome> {
  const report = await runLoad({
    url: server.url,
    requests: [plan.request],
    levels: [plan.level],
    warmupMs: 0,
    measurement: { kind: 'duration', durationMs: settings.seconds * 1000 },
  });
  const level = report.levels[0];
  if (level === undefined) throw new Error('no level was measured');
  return {
    requests: level.completed,
    seconds: level.durationMs / 1000,
    p50Ms: level.latency.p50Ms,
    p99Ms: level.latency.p99Ms,
    errors: level.failed,
  };
}
