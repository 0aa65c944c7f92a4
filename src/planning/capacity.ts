import { invalidArgument, MillraceError } from '../core/index.js';
import { highestRateFor, type MeasuredMemory, type ResourceLimit, resourceLimits } from './limits.js';
import { type Prediction, predict, predictHighest } from './predict.js';
import type { ServerModel } from './server-model.js';
import { formatObjective, latencyAt, meets, type Objective } from './slo.js';

export interface CapacityRequest {
  /** As measured; its instances and cores are those of the measured server. */
  readonly model: ServerModel;
  readonly requestsPerSecond: number;
  /** Empty = instances and loop are to be busy at most {@link SPARE_UTILIZATION} of the time. */
  readonly slo: readonly Objective[];
  /** undefined = it could not be measured. */
  readonly memory: MeasuredMemory | undefined;
  /** undefined = costs are not asked for. */
  readonly pricePerCoreHour?: number | undefined;
}

/** What a rate of requests takes. */
export interface CapacityPlan {
  readonly instances: number;
  /** Whole cores to have; on fewer the objectives are missed. */
  readonly cores: number;
  readonly memoryBytes: number | undefined;
  /** Of a million requests at this rate, in the currency of the price. */
  readonly costPerMillion: number | undefined;
  readonly prediction: Prediction;
  /** The same server at parts of the highest rate, and there; ascending. */
  readonly byRate: readonly { readonly requestsPerSecond: number; readonly prediction: Prediction }[];
  readonly highestRequestsPerSecond: number;
  /** How long the last request of a full queue waits, about. */
  readonly fullQueueMs: number;
  /** The highest rate at which the objectives are met; undefined without objectives. */
  readonly sloRequestsPerSecond: number | undefined;
  /** What runs out as the rate grows, the first one first. */
  readonly limits: readonly ResourceLimit[];
}

/** How busy a server may be that has no objectives to meet. */
export const SPARE_UTILIZATION = 0.8;
/** More are not tried. */
export const MAX_INSTANCES = 64;
/** Rates of {@link CapacityPlan.byRate}, as parts of the highest. */
const PARTS = [0.25, 0.5, 0.75, 0.9];

/**
 * The fewest instances, and the fewest cores for them, that serve a rate within the objectives. Throws `invalid_argument` for a rate that is not above
 * 0, and `failed_precondition` with the reason where no number of instances of one server does.
 */
export function planCapacity(request: CapacityRequest): CapacityPlan {
  const { model, requestsPerSecond, slo, memory, pricePerCoreHour } = request;
  if (!(requestsPerSecond > 0 && Number.isFinite(requestsPerSecond))) {
    throw invalidArgument(`expected a rate above 0 requests a second, got ${requestsPerSecond}`);
  }
  const planned = withFewestCores(withFewestInstances(request), request);
  const highest = predictHighest(planned);
  const atRate = (rate: number): Prediction => predict(planned, { kind: 'rate', requestsPerSecond: rate });
  const { instances, cores } = planned;
  return {
    instances,
    cores,
    memoryBytes: memory && memory.serverBytes + instances * memory.runnerBytes,
    costPerMillion:
      pricePerCoreHour === undefined ? undefined : (cores * pricePerCoreHour * 1e6) / (requestsPerSecond * 3600),
    prediction: atRate(requestsPerSecond),
    byRate: PARTS.map((part) => part * highest.requestsPerSecond).map((rate) => ({
      requestsPerSecond: rate,
      prediction: atRate(rate),
    })),
    highestRequestsPerSecond: highest.requestsPerSecond,
    fullQueueMs: (1000 * model.maxQueuedRequests) / highest.requestsPerSecond,
    sloRequestsPerSecond: slo.length === 0 ? undefined : highestRateFor(planned, slo),
    limits: resourceLimits({ ...planned, cores: Math.max(cores, model.cores) }, memory),
  };
}

/** Whether a server serves the rate as asked. */
function suffices(model: ServerModel, { requestsPerSecond, slo }: CapacityRequest): boolean {
  const [limit] = resourceLimits(model);
  if (limit !== undefined && limit.requestsPerSecond <= requestsPerSecond) return false;
  const prediction = predict(model, { kind: 'rate', requestsPerSecond });
  if (slo.length > 0) return meets(prediction, slo);
  const { refused, loopUtilization, instanceUtilization } = prediction;
  return refused === 0 && Math.max(loopUtilization, instanceUtilization) <= SPARE_UTILIZATION;
}

/** Cores that never make a server wait. */
function allCores({ instances, coresPerRun }: Pick<ServerModel, 'instances' | 'coresPerRun'>): number {
  return 1 + Math.ceil(instances * coresPerRun);
}

function withFewestInstances(request: CapacityRequest): ServerModel {
  const withInstances = (instances: number): ServerModel => ({
    ...request.model,
    instances,
    cores: allCores({ ...request.model, instances }),
  });
  let few = 0;
  let enough = 1;
  while (!suffices(withInstances(enough), request)) {
    few = enough;
    if (enough >= MAX_INSTANCES) throw unreachable(withInstances(enough), request);
    enough *= 2;
  }
  while (enough - few > 1) {
    const middle = Math.floor((few + enough) / 2);
    if (suffices(withInstances(middle), request)) enough = middle;
    else few = middle;
  }
  return withInstances(enough);
}

function withFewestCores(model: ServerModel, request: CapacityRequest): ServerModel {
  let few = 0;
  let enough = model.cores;
  while (enough - few > 1) {
    const cores = Math.floor((few + enough) / 2);
    if (suffices({ ...model, cores }, request)) enough = cores;
    else few = cores;
  }
  return { ...model, cores: enough };
}

/** Why no number of instances suffices, and by how much it is missed. */
function unreachable(model: ServerModel, { requestsPerSecond, slo }: CapacityRequest): MillraceError {
  const alone = predict(model, { kind: 'clients', clients: 1 }, { requests: 2_000 });
  const missed = slo.find((each) => latencyAt(alone, each) > each.limitMs);
  if (missed !== undefined) {
    const [takesMs, runMs] = [latencyAt(alone, missed), model.runTimes.meanMs(model.rowsPerRequest)];
    return impossible(
      `no number of instances reaches ${formatObjective(missed)}: a request that waits for no other has a p${missed.percentile} of ${ms(takesMs)}, ` +
        `${ms(takesMs - missed.limitMs)} too long, of which the model takes ${ms(runMs)}`,
    );
  }
  const goal = slo.length === 0 ? `${SPARE_UTILIZATION * 100} % use` : slo.map(formatObjective).join(',');
  const reached =
    slo.length === 0 ? predictHighest(model).requestsPerSecond * SPARE_UTILIZATION : highestRateFor(model, slo);
  const servers = Math.ceil(requestsPerSecond / Math.max(reached, Number.MIN_VALUE));
  const [limit] = resourceLimits(model);
  const why =
    limit?.resource === 'loop'
      ? "the server's event loop is the limit, which more instances do not relieve"
      : `${MAX_INSTANCES} instances are the limit`;
  return impossible(
    `one server does not reach ${goal} at ${count(requestsPerSecond)} requests/s: it does up to ${count(reached)}, as ${why}` +
      (Number.isSafeInteger(servers) ? `; plan for ${count(servers)} servers` : ''),
  );
}

function impossible(message: string): MillraceError {
  return new MillraceError('failed_precondition', message);
}

function ms(value: number): string {
  return `${Number(value.toPrecision(3))} ms`;
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
