import { describe, expect, it } from 'vitest';
import type { Model } from '../../api/index.js';
import type { ModelStatistics } from '../../client/index.js';
import { activityOf, type Snapshot } from './activity.js';

const ACTIVITY = {
  queued_requests: 3,
  queued_bytes: 12,
  executing_requests: 2,
  active_sequences: 0,
  waiting_sequences: 0,
  instances: [
    { id: 'fraud/1#0', up: true, restarts: 1 },
    { id: 'fraud/1#1', up: false, restarts: 2 },
  ],
};
const model = (name: string, ...versions: Model['versions']): Model => ({ name, aliases: [], labels: {}, versions });

interface Counts {
  readonly succeeded: number;
  readonly failed?: number;
  readonly batches?: number;
  readonly rows?: number;
  /** Of each request. */
  readonly ms?: number;
  readonly queueMs?: number;
}

function statistics(name: string, counts: Counts): ModelStatistics {
  const { succeeded, failed = 0, batches = succeeded, rows = succeeded, ms = 0, queueMs = 0 } = counts;
  const none = { count: 0, ns: 0 };
  return {
    name,
    version: '1',
    last_inference: 0,
    inference_count: rows,
    execution_count: batches,
    inference_stats: {
      success: { count: succeeded, ns: succeeded * ms * 1e6 },
      fail: { count: failed, ns: 0 },
      queue: { count: succeeded, ns: succeeded * queueMs * 1e6 },
      compute_input: none,
      compute_infer: none,
      compute_output: none,
    },
    batch_stats: [],
  };
}

const FRAUD = model('fraud', { version: 1, state: 'ready' });
const at = (atMs: number, counts: Counts): Snapshot => ({
  atMs,
  models: [FRAUD],
  statistics: [statistics('fraud', counts)],
});

describe('activityOf', () => {
  it('gives rates and means of the requests between two snapshots', () => {
    const before = at(1_000, { succeeded: 100, failed: 1, batches: 50, ms: 7, queueMs: 3 });
    const now = at(3_000, { succeeded: 300, failed: 5, batches: 100, rows: 500, ms: 7, queueMs: 3 });
    expect(activityOf(now, before)).toEqual([
      {
        model: 'fraud',
        version: 1,
        state: 'ready',
        requestsPerSecond: 102,
        failuresPerSecond: 2,
        meanMs: 7,
        meanQueueMs: 3,
        meanBatchSize: 8,
      },
    ]);
  });

  it('gives no means without requests, and no rates without an earlier snapshot or statistics', () => {
    const now = at(3_000, { succeeded: 5 });
    const row = { model: 'fraud', version: 1, state: 'ready' };
    expect(activityOf(now, undefined)).toEqual([row]);
    expect(activityOf({ ...now, statistics: [] }, now)).toEqual([row]);
    expect(activityOf({ ...now, atMs: 4_000 }, now)).toEqual([{ ...row, requestsPerSecond: 0, failuresPerSecond: 0 }]);
  });

  it('counts from 0 where a version was loaded between them, for the first time or again', () => {
    const now = at(2_000, { succeeded: 4, ms: 2 });
    const expected = [expect.objectContaining({ requestsPerSecond: 4, meanMs: 2 })];
    expect(activityOf(now, at(1_000, { succeeded: 100, ms: 9 }))).toEqual(expected);
    expect(activityOf(now, { ...at(1_000, { succeeded: 1 }), statistics: [] })).toEqual(expected);
  });

  it('shows the load of the instances, the busiest version first, and leaves out unloaded ones', () => {
    const idle = model('a', { version: 1, state: 'loading' }, { version: 2, state: 'unloaded' });
    const busy = model('fraud', { version: 1, state: 'ready', activity: ACTIVITY });
    const models = [idle, busy];
    const before: Snapshot = { atMs: 0, models, statistics: [] };
    const now: Snapshot = { atMs: 1_000, models, statistics: [statistics('fraud', { succeeded: 1 })] };
    expect(activityOf(now, before)).toEqual([
      expect.objectContaining({
        model: 'fraud',
        queuedRequests: 3,
        executingRequests: 2,
        instances: 2,
        instancesUp: 1,
        restarts: 3,
      }),
      { model: 'a', version: 1, state: 'loading' },
    ]);
  });
});
