import { availableParallelism, cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { invalidArgument, MillraceError } from '../core/index.js';
import { createRandom } from '../statistics/index.js';
import { createGaps } from './arrivals.js';
import { createClosedLoop } from './closed-loop.js';
import type { ConnectionOptions } from './connection.js';
import type { Driver, DriverOptions } from './driver.js';
import type { PreparedRequest } from './lane.js';
import { type MeasuredWindow, measure } from './measure.js';
import { createOpenLoop } from './open-loop.js';
import { DEFAULT_MEASUREMENT, type LoadLevel, type LoadOptions } from './options.js';
import { preflight } from './preflight.js';
import { Recorder } from './recorder.js';
import type { LevelReport, LoadReport } from './report.js';
import { encodeRequest } from './request.js';
import type { StabilityPoint } from './stability.js';
import { summarizeLevel } from './summarize.js';
import { parseTarget } from './target.js';

/** Bodies that a check has to see whole are kept up to this size. */
const MAX_KEPT_BYTES = 64 * 1024 * 1024;
const MAX_EXCERPT_BYTES = 4_096;

type Settings = LoadOptions & Required<Pick<LoadOptions, 'measurement' | 'timeoutMs' | 'rowsPerRequest' | 'seed'>>;

/**
 * Runs the levels one after the other and reports what the target did under each. Throws `unavailable` when it does not
 * answer, `failed_precondition` when the first request is refused, `cancelled` when `signal` fires.
 */
export async function runLoad(options: LoadOptions): Promise<LoadReport> {
  const settings: Settings = {
    ...options,
    measurement: options.measurement ?? DEFAULT_MEASUREMENT,
    timeoutMs: options.timeoutMs ?? 30_000,
    rowsPerRequest: options.rowsPerRequest ?? 1,
    seed: options.seed ?? 1,
  };
  if (options.requests.length === 0 || options.levels.length === 0) {
    throw invalidArgument('load: expected at least one request and one level');
  }
  const target = parseTarget(options.url);
  const prepared = options.requests.map((request) => ({ bytes: encodeRequest(target, request), check: request.check }));
  const connection: ConnectionOptions = {
    target,
    insecureTls: options.insecureTls ?? false,
    ca: options.ca,
    identity: options.identity,
    maxKeptBytes: prepared.some((request) => request.check !== undefined) ? MAX_KEPT_BYTES : MAX_EXCERPT_BYTES,
  };
  const startedAt = new Date().toISOString();
  for (const request of prepared) {
    await preflight(request, { url: options.url, connection, timeoutMs: settings.timeoutMs });
  }
  const levels = await runLevels(settings, { prepared, connection });
  return {
    url: options.url,
    path: options.requests[0]?.path ?? '',
    startedAt,
    measurement: settings.measurement,
    rowsPerRequest: settings.rowsPerRequest,
    requestBytes: meanBytes(prepared),
    machine: {
      cpu: cpus()[0]?.model.trim() ?? 'unknown',
      cores: availableParallelism(),
      platform: `${process.platform} ${process.arch}`,
      node: process.version,
    },
    levels,
  };
}

interface Wire {
  readonly prepared: readonly PreparedRequest[];
  readonly connection: ConnectionOptions;
}

async function runLevels(settings: Settings, wire: Wire): Promise<LevelReport[]> {
  const reports: LevelReport[] = [];
  for (const [levelIndex, level] of settings.levels.entries()) {
    const report = await runLevel(settings, wire, { level, levelIndex });
    reports.push(report);
    if (settings.latencyLimitMs !== undefined && report.latency.p99Ms > settings.latencyLimitMs) break;
  }
  return reports;
}

async function runLevel(
  settings: Settings,
  wire: Wire,
  { level, levelIndex }: { readonly level: LoadLevel; readonly levelIndex: number },
): Promise<LevelReport> {
  const recorder = new Recorder();
  const driver = createDriver(settings, level, {
    recorder,
    timeoutMs: settings.timeoutMs,
    lane: {
      connection: wire.connection,
      recorder,
      nextRequest: cycle(wire.prepared),
      timeoutMs: settings.timeoutMs,
    },
  });
  const { measurement, signal, serverPid } = settings;
  const maxWindows = measurement.kind === 'stable' ? measurement.maxWindows : 1;
  const onWindow = (windows: readonly MeasuredWindow[], point: StabilityPoint): void =>
    settings.onProgress?.({
      level,
      levelIndex,
      levelCount: settings.levels.length,
      windows: windows.length,
      maxWindows,
      ...point,
    });
  const warmupMs = settings.warmupMs ?? 1_000;
  try {
    if (warmupMs > 0) {
      driver.start();
      await sleep(warmupMs, undefined, { signal });
    }
    const measuring = measure({ driver, recorder, measurement, serverPid, signal, onWindow });
    // Without warm-up the first request counts, so the window has to be open before it is sent.
    if (warmupMs === 0) driver.start();
    return summarizeLevel(await measuring, {
      level,
      rowsPerRequest: settings.rowsPerRequest,
      requestBytes: meanBytes(wire.prepared),
      serverPid,
    });
  } catch (error) {
    if (signal?.aborted === true)
      throw new MillraceError('cancelled', 'load: stopped before it was done', { cause: error });
    throw error;
  } finally {
    driver.close();
  }
}

function createDriver(settings: Settings, level: LoadLevel, options: DriverOptions): Driver {
  switch (level.kind) {
    case 'concurrency':
      return createClosedLoop(options, level.concurrency);
    case 'rate':
      return createOpenLoop(options, {
        gaps: createGaps({ ...level, random: createRandom(settings.seed) }),
        maxConnections: settings.maxConnections ?? 1_024,
      });
    default:
      return level satisfies never;
  }
}

function cycle(prepared: readonly PreparedRequest[]): () => PreparedRequest {
  let index = 0;
  return () => {
    const request = prepared[index] as PreparedRequest;
    index = index + 1 === prepared.length ? 0 : index + 1;
    return request;
  };
}

function meanBytes(prepared: readonly PreparedRequest[]): number {
  return Math.round(prepared.reduce((sum, request) => sum + request.bytes.length, 0) / prepared.length);
}
