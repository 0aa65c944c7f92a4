import { LatencyHistogram } from './latency.js';
import type { Measured } from './measure.js';
import type { LoadLevel } from './options.js';
import { treeMemory, treeUsage } from './process-tree.js';
import type { Window } from './recorder.js';
import type { LevelReport, ServerCost, WindowReport } from './report.js';

export interface SummaryContext {
  readonly level: LoadLevel;
  readonly rowsPerRequest: number;
  readonly requestBytes: number;
  readonly serverPid: number | undefined;
}

/** Puts the windows that count together into one level's report. */
export function summarizeLevel(measured: Measured, context: SummaryContext): LevelReport {
  const latency = new LatencyHistogram();
  const sendDelay = new LatencyHistogram();
  const outcomes = new Map<number | string, number>();
  let durationMs = 0;
  let completed = 0;
  let failed = 0;
  let receivedBytes = 0;
  let serverCpuMs = 0;
  let generatorCpuMs = 0;
  for (const { window, ...cost } of measured.counted) {
    latency.add(window.latency);
    sendDelay.add(window.sendDelay);
    for (const [outcome, count] of window.outcomes) outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + count);
    durationMs += window.durationMs;
    completed += window.completed;
    failed += window.failed;
    receivedBytes += window.receivedBytes;
    serverCpuMs += cost.serverCpuMs;
    generatorCpuMs += cost.generatorCpuMs;
  }
  const perSecond = (count: number): number => (durationMs === 0 ? 0 : (count * 1000) / durationMs);
  return {
    level: context.level,
    stable: measured.stable,
    windows: measured.windows.map(({ window }) => summarizeWindow(window)),
    durationMs,
    completed,
    requestsPerSecond: perSecond(completed),
    rowsPerSecond: perSecond(completed * context.rowsPerRequest),
    latency: latency.summarize(),
    sendDelay: context.level.kind === 'rate' ? sendDelay.summarize() : undefined,
    distribution: latency.distribution(),
    outcomes: Object.fromEntries([...outcomes].sort((a, b) => b[1] - a[1])),
    failed,
    bytesSentPerSecond: perSecond(completed * context.requestBytes),
    bytesReceivedPerSecond: perSecond(receivedBytes),
    server: serverCost(context.serverPid, { cpuMs: serverCpuMs, completed, durationMs }),
    generatorCores: durationMs === 0 ? 0 : generatorCpuMs / durationMs,
  };
}

function summarizeWindow(window: Window): WindowReport {
  return {
    durationMs: window.durationMs,
    completed: window.completed,
    requestsPerSecond: window.durationMs === 0 ? 0 : (window.completed * 1000) / window.durationMs,
    latency: window.latency.summarize(),
    failed: window.failed,
  };
}

function serverCost(
  pid: number | undefined,
  spent: { readonly cpuMs: number; readonly completed: number; readonly durationMs: number },
): ServerCost | undefined {
  if (pid === undefined) return undefined;
  const memory = treeMemory(pid);
  return {
    processes: treeUsage(pid).processes,
    cpuMs: spent.cpuMs,
    cpuUsPerRequest: spent.completed === 0 ? 0 : (spent.cpuMs * 1000) / spent.completed,
    cores: spent.durationMs === 0 ? 0 : spent.cpuMs / spent.durationMs,
    memoryBytes: memory.bytes,
    memoryKind: memory.kind,
  };
}
