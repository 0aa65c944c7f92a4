import { meanOf, quantileOf } from './run-times.js';
import type { ServerModel } from './server-model.js';
import { type Load, Simulation } from './simulation.js';

/** What is to be expected of a server under a load. */
export interface Prediction {
  readonly requestsPerSecond: number;
  readonly meanMs: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  /** Ascending latencies, for other percentiles. */
  readonly latenciesMs: readonly number[];
  /** Share (0 to 1) of the requests that were refused, as too many waited. */
  readonly refused: number;
  readonly rowsPerBatch: number;
  /** Shares (0 to 1) of the time that the loop, and an instance, are busy. */
  readonly loopUtilization: number;
  readonly instanceUtilization: number;
  /** Cores in use on average. */
  readonly coresInUse: number;
}

export interface PredictOptions {
  /** Simulated requests; default 10,000. */
  readonly requests?: number;
  /** Default 1. */
  readonly seed?: number;
}

/** Answers from the start, while queues fill, that do not count. */
const UNCOUNTED_SHARE = 0.1;

/** Simulates a server under a load. */
export function predict(model: ServerModel, load: Load, options: PredictOptions = {}): Prediction {
  const { requests = 10_000, seed = 1 } = options;
  const result = new Simulation(model, { load, requests, seed }).run();
  const { latenciesMs: all, durationMs, runs, rows } = result;
  const latenciesMs = all.slice(Math.floor(all.length * UNCOUNTED_SHARE)).sort((a, b) => a - b);
  return {
    requestsPerSecond: (all.length * 1000) / durationMs,
    meanMs: meanOf(latenciesMs),
    p50Ms: quantileOf(latenciesMs, 0.5),
    p95Ms: quantileOf(latenciesMs, 0.95),
    p99Ms: quantileOf(latenciesMs, 0.99),
    latenciesMs,
    refused: result.refused / requests,
    rowsPerBatch: rows / Math.max(1, runs),
    loopUtilization: result.loopBusyMs / durationMs,
    instanceUtilization: result.instancesBusyMs / durationMs / model.instances,
    coresInUse: result.coreMs / durationMs,
  };
}

/** Clients that keep every instance busy with full batches, within reason. */
function saturatingClients({ batching, instances, rowsPerRequest, maxQueuedRequests }: ServerModel): number {
  const largest = batching.batching ? (batching.preferredSizes.at(-1) ?? batching.maxRows) : 1;
  const perBatch = Math.max(1, Math.floor(largest / rowsPerRequest));
  return Math.min(maxQueuedRequests, Math.max(32, 3 * perBatch * instances));
}

/** The most requests a second that a server answers, and what it is like then. */
export function predictHighest(model: ServerModel, options: PredictOptions = {}): Prediction {
  const clients = saturatingClients(model);
  return predict(model, { kind: 'clients', clients }, { requests: Math.max(4_000, 40 * clients), ...options });
}
