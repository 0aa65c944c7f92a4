import type { Model, VersionState } from '../../api/index.js';
import type { ModelStatistics } from '../../client/index.js';

/** The state of a server at one time. */
export interface Snapshot {
  /** Monotonic. */
  readonly atMs: number;
  readonly models: readonly Model[];
  readonly statistics: readonly ModelStatistics[];
}

/** A loaded version of a model, and its requests between two snapshots. Rates and means are missing in the first one. */
export interface VersionActivity {
  readonly model: string;
  readonly version: number;
  readonly state: VersionState;
  readonly requestsPerSecond?: number;
  readonly failuresPerSecond?: number;
  /** Of the requests that succeeded, with their time in the queue. */
  readonly meanMs?: number;
  readonly meanQueueMs?: number;
  /** Rows of a batch. */
  readonly meanBatchSize?: number;
  /** This and the following are missing for callers without the right `model.observe`. */
  readonly queuedRequests?: number;
  readonly executingRequests?: number;
  readonly instances?: number;
  /** Those whose process runs. */
  readonly instancesUp?: number;
  /** Of all its instances since it was loaded. */
  readonly restarts?: number;
}

/** The versions of `now` that are not unloaded, those with most requests first. */
export function activityOf(now: Snapshot, before: Snapshot | undefined): readonly VersionActivity[] {
  const current = byVersion(now.statistics);
  const earlier = before && byVersion(before.statistics);
  const seconds = before === undefined ? 0 : (now.atMs - before.atMs) / 1_000;
  return now.models
    .flatMap(({ name, versions }) =>
      versions
        .filter(({ state }) => state !== 'unloaded')
        .map((version): VersionActivity => {
          const key = keyOf(name, version.version);
          const rates = earlier && seconds > 0 ? ratesOf(current.get(key), earlier.get(key), seconds) : {};
          return { model: name, version: version.version, state: version.state, ...rates, ...loadOf(version) };
        }),
    )
    .sort((one, other) => (other.requestsPerSecond ?? 0) - (one.requestsPerSecond ?? 0));
}

function loadOf({ activity }: Model['versions'][number]): Partial<VersionActivity> {
  if (activity === undefined) return {};
  const { instances } = activity;
  return {
    queuedRequests: activity.queued_requests,
    executingRequests: activity.executing_requests,
    instances: instances.length,
    instancesUp: instances.filter(({ up }) => up).length,
    restarts: instances.reduce((sum, { restarts }) => sum + restarts, 0),
  };
}

function ratesOf(
  now: ModelStatistics | undefined,
  before: ModelStatistics | undefined,
  seconds: number,
): Partial<VersionActivity> {
  if (now === undefined) return {};
  const { success, fail, queue } = now.inference_stats;
  const past = before?.inference_stats;
  // A version that was loaded again counts from 0.
  const isAgain = before === undefined || success.count < (past?.success.count ?? 0);
  const since = (count: number, earlier: number | undefined) => count - (isAgain ? 0 : (earlier ?? 0));
  const succeeded = since(success.count, past?.success.count);
  const failed = since(fail.count, past?.fail.count);
  const batches = since(now.execution_count, before?.execution_count);
  const rows = since(now.inference_count, before?.inference_count);
  const queued = since(queue.count, past?.queue.count);
  return {
    requestsPerSecond: (succeeded + failed) / seconds,
    failuresPerSecond: failed / seconds,
    ...(succeeded > 0 && { meanMs: since(success.ns, past?.success.ns) / succeeded / 1e6 }),
    ...(queued > 0 && { meanQueueMs: since(queue.ns, past?.queue.ns) / queued / 1e6 }),
    ...(batches > 0 && { meanBatchSize: rows / batches }),
  };
}

function byVersion(statistics: readonly ModelStatistics[]): ReadonlyMap<string, ModelStatistics> {
  return new Map(statistics.map((each) => [keyOf(each.name, each.version), each]));
}

function keyOf(model: string, version: number | string): string {
  return `${model}/${version}`;
}
