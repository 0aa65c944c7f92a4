import { predict, predictHighest } from './predict.js';
import type { ServerModel } from './server-model.js';
import { meets, type Objective } from './slo.js';

/** What may run out first as the rate grows. `loop` is the event loop of the server's process, `cores` and `memory` are the machine's. */
export type Resource = 'instances' | 'loop' | 'cores' | 'memory';

/** Resident memory, bytes. */
export interface MeasuredMemory {
  readonly serverBytes: number;
  readonly runnerBytes: number;
  /** That the server and its runners may use on the machine where they were measured. */
  readonly availableBytes: number;
}

/** The rate at which a resource is used up, all others left aside. */
export interface ResourceLimit {
  readonly resource: Resource;
  readonly requestsPerSecond: number;
}

/**
 * The limits of a server, the lowest first: with full batches, as they form once requests wait. That of the memory is the rate of as many instances
 * as it has room for; it is left out where the memory is not known.
 */
export function resourceLimits(model: ServerModel, memory?: MeasuredMemory): readonly ResourceLimit[] {
  const { front, batching, rowsPerRequest, instances, runTimes, coresPerRun, cores } = model;
  const largest = batching.batching ? (batching.preferredSizes.at(-1) ?? batching.maxRows) : rowsPerRequest;
  const perBatch = Math.max(1, Math.floor(largest / rowsPerRequest));
  const runMs = runTimes.meanMs(perBatch * rowsPerRequest);
  const loopMs = front.receiveMs + front.answerMs;
  const coreMs = loopMs * front.loopCores + (runMs * coresPerRun) / perBatch;
  const perInstance = (perBatch * 1000) / runMs;
  const limits: readonly ResourceLimit[] = [
    { resource: 'instances', requestsPerSecond: instances * perInstance },
    { resource: 'loop', requestsPerSecond: 1000 / loopMs },
    { resource: 'cores', requestsPerSecond: (cores * 1000) / coreMs },
    ...(memory === undefined
      ? []
      : [{ resource: 'memory' as const, requestsPerSecond: instancesWithin(memory) * perInstance }]),
  ];
  return [...limits].sort((one, other) => one.requestsPerSecond - other.requestsPerSecond);
}

/** As many instances as there is memory for. */
function instancesWithin({ serverBytes, runnerBytes, availableBytes }: MeasuredMemory): number {
  return Math.max(0, Math.floor((availableBytes - serverBytes) / Math.max(1, runnerBytes)));
}

/** Halvings: to less than a half percent of the highest rate. */
const STEPS = 8;

/** The highest rate at which the objectives are met; 0 = not even a request alone meets them. */
export function highestRateFor(model: ServerModel, slo: readonly Objective[]): number {
  let above = predictHighest(model).requestsPerSecond;
  const isMet = (requestsPerSecond: number): boolean => meets(predict(model, { kind: 'rate', requestsPerSecond }), slo);
  let met = above / 1000;
  if (!isMet(met)) return 0;
  for (let step = 0; step < STEPS; step++) {
    const middle = (met + above) / 2;
    if (isMet(middle)) met = middle;
    else above = middle;
  }
  return met;
}
