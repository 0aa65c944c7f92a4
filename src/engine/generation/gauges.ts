import type { ModelRef } from '../../core/index.js';
import type { Instance } from '../../runtimes/index.js';
import type { InstancePool, Slot } from '../instance-pool.js';
import type { Scheduler } from '../scheduler.js';
import type { InstanceGauge, InstanceStatistic, ModelGauges } from '../types.js';
import type { ServingPreparer } from './load-preparer.js';

/** What a generation does now. */
export function gaugesOf(
  ref: ModelRef,
  { scheduler, pool, preparer }: { scheduler: Scheduler; pool: InstancePool; preparer: ServingPreparer | undefined },
): ModelGauges {
  return {
    ref,
    queuedRequests: scheduler.queuedRequests + (preparer?.preparation.requests ?? 0),
    queuedBytes: scheduler.queuedBytes + (preparer?.preparation.queuedBytes ?? 0),
    executingRequests: scheduler.executingRequests,
    activeSequences: scheduler.sequences?.active ?? 0,
    waitingSequences: scheduler.sequences?.waiting ?? 0,
    instances: pool.slots.map(gaugeOf),
    ...(preparer?.pool.slots[0] === undefined ? {} : { preparer: gaugeOf(preparer.pool.slots[0]) }),
  };
}

function gaugeOf({ id, instance, restarts }: Slot): InstanceGauge {
  return {
    id,
    pid: instance?.pid ?? 0,
    up: instance !== undefined,
    restarts,
    ...(instance?.memoryLimit === undefined ? {} : { memoryLimit: instance.memoryLimit }),
    ...(instance?.description.statistics === undefined ? {} : { statistics: statisticsOf(instance) }),
  };
}

function statisticsOf(instance: Instance): readonly InstanceStatistic[] {
  const { statistics: specs = [] } = instance.description;
  const values = instance.statistics?.() ?? {};
  return specs.flatMap(({ name, help }) => {
    const value = values[name];
    return value === undefined ? [] : [{ name, help, value }];
  });
}
