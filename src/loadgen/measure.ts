import { setTimeout as sleep } from 'node:timers/promises';
import type { Driver } from './driver.js';
import type { Measurement } from './options.js';
import { treeUsage } from './process-tree.js';
import type { Recorder, Window } from './recorder.js';
import { isStable, type StabilityPoint } from './stability.js';

/** A finished window and what was spent while it was open. */
export interface MeasuredWindow {
  readonly window: Window;
  readonly serverCpuMs: number;
  readonly generatorCpuMs: number;
}

export interface MeasureOptions {
  readonly driver: Driver;
  readonly recorder: Recorder;
  readonly measurement: Measurement;
  readonly serverPid: number | undefined;
  readonly signal: AbortSignal | undefined;
  readonly onWindow: (windows: readonly MeasuredWindow[], point: StabilityPoint) => void;
}

export interface Measured {
  /** All windows, oldest first. */
  readonly windows: readonly MeasuredWindow[];
  /** The windows that make up the result. */
  readonly counted: readonly MeasuredWindow[];
  readonly stable: boolean;
}

/** Cuts the running load into windows until the measurement says that it is enough. */
export function measure(options: MeasureOptions): Promise<Measured> {
  const { measurement } = options;
  switch (measurement.kind) {
    case 'count':
      return measureCount(options, measurement.requests);
    case 'duration':
      return measureDuration(options, measurement.durationMs);
    case 'stable':
      return measureStable(options, measurement);
    default:
      return measurement satisfies never;
  }
}

/** The figures by which windows are compared: throughput, and the mean or one percentile of latency. */
export function stabilityPoint(window: Window, percentile: number | undefined): StabilityPoint {
  return {
    requestsPerSecond: window.durationMs === 0 ? 0 : (window.completed * 1000) / window.durationMs,
    latencyMs: percentile === undefined ? window.latency.meanMs : window.latency.at(percentile),
  };
}

async function measureStable(
  options: MeasureOptions,
  rule: Extract<Measurement, { kind: 'stable' }>,
): Promise<Measured> {
  const { recorder, signal } = options;
  const windows: MeasuredWindow[] = [];
  const points: StabilityPoint[] = [];
  let cost = startCost(options.serverPid);
  let window = recorder.open({ at: performance.now() });
  while (windows.length < rule.maxWindows && !isStable(points, rule)) {
    await sleep(Math.max(0, window.startedAt + rule.windowMs - performance.now()), undefined, { signal });
    const next = recorder.open({ at: performance.now() });
    const spent = cost.stop();
    cost = startCost(options.serverPid);
    await unlessAborted(window.settled(), signal);
    windows.push({ window, ...spent });
    points.push(stabilityPoint(window, rule.percentile));
    options.onWindow(windows, points[points.length - 1] as StabilityPoint);
    window = next;
  }
  recorder.end(performance.now());
  return { windows, counted: windows.slice(-rule.windows), stable: isStable(points, rule) };
}

async function measureDuration(options: MeasureOptions, durationMs: number): Promise<Measured> {
  const cost = startCost(options.serverPid);
  const window = options.recorder.open({ at: performance.now() });
  await sleep(durationMs, undefined, { signal: options.signal });
  options.recorder.end(performance.now());
  return finishSingle(options, window, cost);
}

async function measureCount(options: MeasureOptions, requests: number): Promise<Measured> {
  const { driver, recorder, signal } = options;
  const cost = startCost(options.serverPid);
  const full = new Promise<Window>((resolve) => {
    const window: Window = recorder.open({
      at: performance.now(),
      maxArrivals: requests,
      onFull() {
        driver.stop();
        resolve(window);
      },
    });
  });
  const window = await unlessAborted(full, signal);
  await unlessAborted(window.settled(), signal);
  // Its end is its last answer, not this moment.
  window.close(undefined);
  return finishSingle(options, window, cost);
}

async function finishSingle(options: MeasureOptions, window: Window, cost: RunningCost): Promise<Measured> {
  const spent = cost.stop();
  options.driver.stop();
  await unlessAborted(window.settled(), options.signal);
  const windows = [{ window, ...spent }];
  options.onWindow(windows, stabilityPoint(window, undefined));
  return { windows, counted: windows, stable: true };
}

function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

interface RunningCost {
  stop(): { readonly serverCpuMs: number; readonly generatorCpuMs: number };
}

function startCost(serverPid: number | undefined): RunningCost {
  const server = serverPid === undefined ? 0 : treeUsage(serverPid).cpuMs;
  const generator = process.cpuUsage();
  return {
    stop() {
      const used = process.cpuUsage(generator);
      return {
        serverCpuMs: serverPid === undefined ? 0 : treeUsage(serverPid).cpuMs - server,
        generatorCpuMs: (used.user + used.system) / 1000,
      };
    },
  };
}
