import { statSync } from 'node:fs';
import { formatModelRef, msg, namedModel, type Timer } from '../../core/index.js';
import { declaredSignature, type ModelSource, type ResolvedModelConfig, stepsOf } from '../../repository/index.js';
import type { Instance, LoadSpec, Placement } from '../../runtimes/index.js';
import { executingIn, FilesChangedError, type Slot } from '../instance-pool.js';
import { createCallModel } from '../model-calls.js';
import { loadSequenceSpec } from '../sequences/load-spec.js';
import { runOnce, type WarmupSample } from '../warmup.js';
import type { LoadGenerationOptions } from './load-options.js';

/** Loads instances of one set of files. */
export interface InstanceLoader {
  /**
   * Loads the instance of one slot. Rejects with the runtime's error, or with {@link FilesChangedError} when the files
   * are not the ones any more that the generation began with.
   */
  load(index: number): Promise<Instance>;
  /** Does `work` with an instance, which is killed when that takes longer than a load may. */
  guard<Result>(instance: Instance, work: () => Promise<Result>): Promise<Result>;
}

export interface InstanceLoaderOptions extends LoadGenerationOptions {
  readonly config: ResolvedModelConfig;
  /** Of the pool that the instances go to: models call others for the requests that run there. */
  readonly slots: readonly Slot[];
}

/** Notes which files they are, and makes a loader of their instances. */
export async function createInstanceLoader(options: InstanceLoaderOptions): Promise<InstanceLoader> {
  const { source, ref, context, config, slots } = options;
  const identity = fileIdentity(source.path);
  const label = formatModelRef(ref);
  const spec = await loadSpec(options);
  const placement = placementOf(config);
  const timeoutMs = config.limits.loadTimeoutMs;
  const callModel = createCallModel({
    modelName: ref.name,
    clock: context.clock,
    infer: context.infer,
    steps: new Set(stepsOf(source)?.map(({ model }) => model)),
    parent: (callId) => executingIn(slots, callId),
  });
  const checkFiles = () => {
    if (fileIdentity(source.path) === identity) return;
    options.onFilesChanged();
    throw new FilesChangedError(ref);
  };
  return {
    async load(index) {
      checkFiles();
      const instance = await context.host.load(spec, placement, {
        instanceId: `${label}#${index}`,
        timeoutMs,
        callModel,
        describeModel: context.describeModel,
      });
      // They may have been replaced while the runner read them.
      await closingOnFailure(instance, async () => checkFiles());
      return instance;
    },
    async guard(instance, work) {
      const timer: Timer = context.clock.setTimer(timeoutMs, () =>
        instance.kill(msg`the warm-up of ${namedModel(ref)} took longer than ${timeoutMs} ms`),
      );
      try {
        return await work();
      } finally {
        timer.clear();
      }
    },
  };
}

/** Loads the instance of one slot and warms it up with the samples. */
export async function startInstance(
  loader: InstanceLoader,
  samples: readonly WarmupSample[],
  index: number,
): Promise<Instance> {
  const instance = await loader.load(index);
  await closingOnFailure(instance, () => warmUp(loader, samples, instance));
  return instance;
}

/** Runs the samples in an instance; rejects with what the model says of them. */
export function warmUp(loader: InstanceLoader, samples: readonly WarmupSample[], instance: Instance): Promise<void> {
  return loader.guard(instance, async () => {
    for (const sample of samples) {
      for (let run = 0; run < sample.count; run++) await runOnce(instance, sample.inputs, sample.rows);
    }
  });
}

/** Closes an instance that nobody will use. */
export function closeFailed(instance: Instance): Promise<void> {
  return instance.close().catch(() => instance.kill('its load has failed'));
}

async function closingOnFailure(instance: Instance, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    await closeFailed(instance);
    throw error;
  }
}

async function loadSpec({ source, ref, context, config }: InstanceLoaderOptions): Promise<LoadSpec> {
  const sequence = await loadSequenceSpec(source, config.sequenceBatching);
  return {
    ref,
    runtime: source.runtime,
    path: source.path,
    sizeBytes: source.sizeBytes,
    options: config.options,
    declared: declaredSignature(source.config, source.labels),
    maxBatchSize: source.config.maxBatchSize,
    cacheFolder: context.cacheFolder,
    parameters: config.parameters,
    ...(sequence === undefined ? {} : { sequence }),
  };
}

function placementOf({ instances, limits }: ResolvedModelConfig): Placement {
  if (instances.placement === 'inline') return { kind: 'inline' };
  return {
    kind: 'process',
    runner: instances.runner,
    environment: instances.environment,
    maxRssBytes: limits.maxRssBytes,
  };
}

/** Tells files apart that were written under the same name; '' for what is no file. */
function fileIdentity(path: ModelSource['path']): string {
  const found = statSync(path, { throwIfNoEntry: false });
  return found?.isFile() ? `${found.ino}:${found.size}:${found.mtimeMs}` : '';
}
