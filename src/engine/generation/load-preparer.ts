import { EventBus, type Message } from '../../core/index.js';
import type { ResolvedModelConfig } from '../../repository/index.js';
import type { Instance } from '../../runtimes/index.js';
import type { Holdings } from '../holdings.js';
import { createPreparerSlots, type InstancePool } from '../instance-pool.js';
import { Preparation, type PreparationOptions } from '../preparation.js';
import { Scheduler } from '../scheduler.js';
import { preparerLimits, type SchedulerLimits } from '../scheduler-limits.js';
import { createShapeRules } from '../shape-rules.js';
import { StatisticsCounter } from '../statistics.js';
import { prepareSample, type WarmupSample } from '../warmup.js';
import { createInstanceLoader } from './instance-loader.js';
import type { LoadGenerationOptions } from './load-options.js';
import { createPool } from './shared-parts.js';

/** The preparer of a model, loaded. */
export interface LoadedPreparer {
  readonly instance: Instance;
  /** Has the samples of the model's warm-up prepared. */
  prepareSamples(samples: readonly WarmupSample[], generates: boolean): Promise<readonly WarmupSample[]>;
  /** Gives it a pool and a scheduler, as the model's instances have. */
  serve(model: PreparedFor): ServingPreparer;
}

export interface ServingPreparer {
  readonly pool: InstancePool;
  readonly preparation: Preparation;
}

/** The model of a preparer. */
export interface PreparedFor extends Omit<PreparationOptions, 'preparers' | 'clock' | 'ref'> {
  readonly mention: Message;
  readonly limits: SchedulerLimits;
  readonly holdings: Holdings;
  /** Called when the state of the preparer may have changed. */
  readonly onChange: () => void;
}

/** Loads the preparer of a model; undefined where its runtime has none. */
export async function loadPreparer(
  options: LoadGenerationOptions,
  config: ResolvedModelConfig,
): Promise<LoadedPreparer | undefined> {
  const { source, ref, context } = options;
  if (source.manifest.prepares !== true) return undefined;
  const slots = createPreparerSlots(ref);
  const loader = await createInstanceLoader({ ...options, config, slots, isPreparer: true });
  const instance = await loader.load(0);
  return {
    instance,
    prepareSamples: (samples, generates) =>
      loader.guard(instance, () =>
        Promise.all(samples.map((sample) => prepareSample(instance, { sample, generates }))),
      ),
    serve({ mention, limits, holdings, onChange, ...model }) {
      const { clock, fairness } = context;
      const start = (index: number) => loader.load(index);
      const pool = createPool({ ref, context, slots, started: [instance], start }, () => {
        onChange();
        scheduler.schedule();
      });
      const { signature, textOnly } = instance.description;
      const none = undefined;
      const rules = createShapeRules({ mention, signature, maxBatchSize: 0, textOnly, inputs: none, outputs: none });
      const scheduler = new Scheduler({
        ref,
        mention,
        limits: preparerLimits(limits, instance.description),
        rules,
        pool,
        holdings,
        fairness,
        // Batches and requests are those of the model.
        statistics: new StatisticsCounter(ref),
        events: new EventBus(),
        clock,
      });
      return { pool, preparation: new Preparation({ ...model, ref, preparers: scheduler, clock }) };
    },
  };
}
