import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { processTree, treeUsage } from '../../src/loadgen/index.js';
import { type CpuProfile, isIdle, placeTimes, selfTimes } from './cpu-profile.js';
import { applyLoad, type LoadPlan, warmUp } from './load.js';
import { canRecord, type PerfSample, recordPerf } from './perf.js';
import { describeMachine } from './report.js';
import type { BenchSettings } from './row.js';
import type { Sample } from './sample.js';
import type { RunningServer } from './server-process.js';
import { type MillraceOptions, startMillrace } from './servers.js';

export interface ProfiledWorkload {
  readonly title: string;
  readonly options: MillraceOptions;
  readonly plan: LoadPlan;
}

/**
 * Where the time of a request goes, as a text: CPU time by process, then by part and by function with the kernel and C++ in
 * it (perf, where it is installed), then by function of the server's JavaScript (V8's profiler, under a load of its own).
 */
export async function profileMillrace(workload: ProfiledWorkload, settings: BenchSettings): Promise<string> {
  const lines = [
    `# ${workload.title}`,
    ...Object.entries({ date: new Date().toISOString(), ...describeMachine() }).map(
      ([name, value]) => `${name}: ${value}`,
    ),
    ...(await outsideView(workload, settings)),
    ...(await insideView(workload, settings)),
  ];
  return `${lines.join('\n')}\n`;
}

async function outsideView({ options, plan }: ProfiledWorkload, settings: BenchSettings): Promise<string[]> {
  const server = await startMillrace(options);
  try {
    const drive = (seconds: number) => applyLoad(server, plan, { seconds, generator: settings.generator });
    await warmUp(drive, settings);
    const usage = await usageDuring(server, () => drive(settings.seconds));
    const samples = canRecord() ? await samplesUnderLoad(server, () => drive(settings.seconds), settings) : undefined;
    return [
      ...usage,
      ...(samples === undefined ? ['', 'perf is not here, or not allowed'] : perfTables(samples, server.pid)),
    ];
  } finally {
    await server.stop();
  }
}

/** What perf sees of a server and its runners; the load goes on until it has seen enough, however long it takes to start. */
async function samplesUnderLoad(
  server: RunningServer,
  drive: () => Promise<Sample>,
  { seconds }: BenchSettings,
): Promise<PerfSample[]> {
  let recording = true;
  const load = async (): Promise<void> => {
    while (recording) await drive();
  };
  const record = recordPerf(processTree(server.pid), seconds).finally(() => {
    recording = false;
  });
  const [samples] = await Promise.all([record, load()]);
  return samples;
}

/** CPU time of a request in the server and in its runners. */
async function usageDuring(server: RunningServer, drive: () => Promise<Sample>): Promise<string[]> {
  const cpuMs = (): readonly [number, number] => {
    const runners = processTree(server.pid).slice(1);
    const runnersMs = runners.reduce((sum, pid) => sum + treeUsage(pid).cpuMs, 0);
    return [treeUsage(server.pid).cpuMs - runnersMs, runnersMs];
  };
  const before = cpuMs();
  const { requestsPerSecond = 0, cpuUsPerRequest = 0 } = await drive();
  const after = cpuMs();
  const [serverMs, runnersMs] = [after[0] - before[0], after[1] - before[1]];
  const runners = (cpuUsPerRequest * runnersMs) / (serverMs + runnersMs);
  return [
    '',
    `${requestsPerSecond.toFixed(0)} requests a second, ${cpuUsPerRequest.toFixed(1)} µs of CPU for each:`,
    `server ${(cpuUsPerRequest - runners).toFixed(1)} µs, runners ${runners.toFixed(1)} µs`,
  ];
}

async function insideView({ options, plan }: ProfiledWorkload, settings: BenchSettings): Promise<string[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'millrace-profile-'));
  try {
    const nodeArgs = ['--cpu-prof', '--cpu-prof-dir', folder, '--cpu-prof-interval', '100'];
    const server = await startMillrace({ ...options, nodeArgs });
    const drive = (seconds: number) => applyLoad(server, plan, { seconds, generator: settings.generator });
    await warmUp(drive, settings);
    const startedAt = performance.now();
    await drive(settings.seconds);
    const loadedMs = performance.now() - startedAt;
    await server.stop();
    const file = readdirSync(folder).find((name) => name.includes(`.${server.pid}.`));
    if (file === undefined) throw new Error('the server wrote no profile');
    const profile: CpuProfile = JSON.parse(readFileSync(path.join(folder, file), 'utf8'));
    // The load is the last thing that the server did; start and warm-up lie before.
    return cpuProfileTables(profile, loadedMs * 1000);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const TOP = 30;
/** Names of C++ templates have no end. */
const MAX_NAME_LENGTH = 100;

/** Something and how much of the whole it is. */
interface Weight {
  readonly name: string;
  readonly weight: number;
}

function perfTables(samples: readonly PerfSample[], serverPid: number): string[] {
  const count = (nameOf: (sample: PerfSample) => string): Weight[] => {
    const counts = new Map<string, number>();
    for (const sample of samples) {
      const name = `${sample.pid === serverPid ? 'server' : 'runner'}  ${nameOf(sample)}`;
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    return [...counts].map(([name, weight]) => ({ name, weight })).sort((a, b) => b.weight - a.weight);
  };
  return [
    ...table(
      `By part, ${samples.length} samples of perf`,
      count(({ object }) => object),
    ),
    ...table(
      'By function, perf',
      count(({ symbol }) => symbol),
    ),
  ];
}

function cpuProfileTables(profile: CpuProfile, lastUs: number): string[] {
  const busy = selfTimes(profile, lastUs).filter((time) => !isIdle(time));
  const weights = (times: typeof busy): Weight[] =>
    times.map(({ name, microseconds }) => ({ name, weight: microseconds }));
  return [
    ...table("By place, server's JavaScript and what it calls", weights(placeTimes(busy))),
    ...table("By function, server's JavaScript and what it calls", weights(busy)),
  ];
}

function table(title: string, weights: readonly Weight[]): string[] {
  const total = weights.reduce((sum, { weight }) => sum + weight, 0);
  const share = (weight: number): string => ((100 * weight) / total).toFixed(1).padStart(5);
  const line = ({ name, weight }: Weight): string => `${share(weight)} %  ${name.slice(0, MAX_NAME_LENGTH)}`;
  return ['', title, ...weights.slice(0, TOP).map(line)];
}
