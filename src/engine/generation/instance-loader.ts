import { statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { msg, namedModel, type Timer } from '../../core/index.js';
import {
  declaredSignature,
  type ModelSource,
  type ResolvedModelConfig,
  type ResolvedSequenceBatching,
  stepsOf,
} from '../../repository/index.js';
import type { ControlInput, Instance, LoadSpec, Placement, SequenceSpec, StateTensor } from '../../runtimes/index.js';
import { executingIn, FilesChangedError, type Slot } from '../instance-pool.js';
import { createCallModel } from '../model-calls.js';
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
  /** They are preparers of the model. Default: no. */
  readonly isPreparer?: boolean;
}

/** Notes which files they are, and makes a loader of their instances. */
export async function createInstanceLoader(options: InstanceLoaderOptions): Promise<InstanceLoader> {
  const { source, ref, context, config, slots } = options;
  const identity = fileIdentity(source.path);
  const spec = await loadSpec(options);
  const placement = options.isPreparer === true ? preparerPlacementOf(config) : placementOf(config);
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
      const { id, forBackground } = slotAt(slots, index);
      const instance = await context.host.load(spec, placement, {
        instanceId: id,
        forBackground,
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
      for (let run = 0; run < sample.count; run++) await runOnce(instance, sample);
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

async function loadSpec(options: InstanceLoaderOptions): Promise<LoadSpec> {
  const { source, ref, context, config, isPreparer } = options;
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
    ...(isPreparer === true && { isPreparer }),
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

/** A process of its own, or the one of the preparers of the models with which it shares a runner. */
function preparerPlacementOf({ instances, limits }: ResolvedModelConfig): Placement {
  const { runner, environment } = instances;
  return {
    kind: 'process',
    runner: runner === undefined ? undefined : `${runner}#prepare`,
    environment,
    maxRssBytes: limits.maxRssBytes,
  };
}

function slotAt(slots: readonly Slot[], index: number): Slot {
  const slot = slots[index];
  if (slot === undefined) throw new RangeError(`no slot ${index}`);
  return slot;
}

/** Tells files apart that were written under the same name; '' for what is no file. */
function fileIdentity(path: ModelSource['path']): string {
  const found = statSync(path, { throwIfNoEntry: false });
  return found?.isFile() ? `${found.ino}:${found.size}:${found.mtimeMs}` : '';
}

/** What the runner needs to know of a model's controls and states; undefined when it has none. Reads their files. */
async function loadSequenceSpec(
  source: ModelSource,
  config: ResolvedSequenceBatching | undefined,
): Promise<SequenceSpec | undefined> {
  if (config === undefined || config.controls.length + config.states.length === 0) return undefined;
  const controls = config.controls.map(
    ({ name, kind, datatype, falseTrue }): ControlInput => ({
      name,
      kind: kind === 'correlationId' ? 'correlation_id' : kind,
      datatype,
      falseTrue: [falseTrue[0], falseTrue[1]],
    }),
  );
  const states = config.states.map(
    async ({ input, output, datatype, shape, batchAxis, initial }): Promise<StateTensor> => ({
      inputName: input,
      outputName: output,
      shown: source.config.outputs?.some(({ name }) => name === output) ?? false,
      datatype,
      shape,
      batchAxis: source.config.maxBatchSize === 0 ? null : (batchAxis ?? 0),
      initial: initial === 'zero' ? undefined : await readFile(resolve(source.modelFolder, initial.file), 'base64'),
    }),
  );
  return { controls, states: await Promise.all(states) };
}
