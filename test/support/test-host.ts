import { type Clock, EventBus, type EventName, type Events, MillraceError, systemClock } from '../../src/core/index.js';
import {
  type Batch,
  type BatchItem,
  type BatchTiming,
  type BodyArena,
  BUILT_IN_RUNTIMES,
  type CallModel,
  createHost,
  type Emission,
  type Host,
  type Instance,
  type LoadSpec,
  type Placement,
  type RunnerOptions,
  type RuntimeManifest,
} from '../../src/runtimes/index.js';
import { RUNNER_ENTRY } from './runner-entry.js';

export const IN_PROCESS: Placement = { kind: 'process', runner: undefined, maxRssBytes: 0 };
export const INLINE: Placement = { kind: 'inline' };

/** A host with the built runner entry, and everything that it has published. */
export interface TestHost {
  readonly host: Host;
  readonly events: EventBus;
  /** Loads a model under an instance id, by default of its own name. */
  load(spec: LoadSpec, placement?: Placement, instanceId?: string): Promise<Instance>;
  /** Resolves with the first event of that name, past or to come, for which `matches` is true. */
  event<Name extends EventName>(name: Name, matches?: (event: Events[Name]) => boolean): Promise<Events[Name]>;
}

/** Options of the host; `runtimes` from outside. */
export interface TestHostOptions extends Partial<Omit<RunnerOptions, 'runtimes'>> {
  readonly runtimes?: readonly RuntimeManifest[];
  readonly bodies?: BodyArena;
  /** Default: 16 GiB. */
  readonly memoryBytes?: number;
}

export function createTestHost(
  { runtimes = [], bodies, memoryBytes = 17_179_869_184, ...options }: TestHostOptions = {},
  clock: Clock = systemClock,
): TestHost {
  const events = new EventBus();
  const host = createHost({
    options: {
      maxRssBytes: 4_294_967_296,
      memoryPollIntervalMs: 50,
      closeTimeoutMs: 5_000,
      llamaLibrary: '',
      entry: RUNNER_ENTRY,
      ...options,
    },
    runtimes: [...BUILT_IN_RUNTIMES, ...runtimes],
    events,
    clock,
    memoryBytes,
    environment: {},
    bodies,
  });
  const past: { readonly name: EventName; readonly event: unknown }[] = [];
  const watched: readonly EventName[] = ['runnerStarted', 'runnerExited', 'runnerMemory', 'diagnostic'];
  for (const name of watched) events.subscribe(name, (event) => past.push({ name, event }));
  return {
    host,
    events,
    load: (spec, placement = IN_PROCESS, instanceId = `${spec.ref.name}/${spec.ref.version}#0`) =>
      host.load(spec, placement, { instanceId, timeoutMs: 20_000, callModel: noOtherModels }),
    event: (name, matches = () => true) =>
      new Promise((resolve) => {
        // What is kept under a name was published under it.
        type Named = Events[typeof name];
        const found = past.find((entry) => entry.name === name && matches(entry.event as Named));
        if (found !== undefined) {
          resolve(found.event as Named);
          return;
        }
        const unsubscribe = events.subscribe(name, (event) => {
          if (!matches(event)) return;
          unsubscribe();
          resolve(event);
        });
      }),
  };
}

/** There is no other model to call. */
export const noOtherModels: CallModel = (_callId, { modelName }) => {
  throw new MillraceError('not_found', `there is no model '${modelName}'`);
};

/** A load specification with nothing declared. */
export function loadSpec(changes: Partial<LoadSpec> & Pick<LoadSpec, 'runtime'>): LoadSpec {
  return {
    ref: { name: 'model', version: 1, generation: 1 },
    path: '/nowhere',
    sizeBytes: 0,
    options: {},
    declared: undefined,
    maxBatchSize: undefined,
    cacheFolder: undefined,
    ...changes,
  };
}

/** Runs items as one batch and collects what comes of it. */
export async function runBatch(
  instance: Pick<Instance, 'execute'>,
  items: readonly BatchItem[],
  changes: Partial<Batch> = {},
): Promise<{ readonly emissions: readonly Emission[]; readonly timing: BatchTiming }> {
  const emissions: Emission[] = [];
  const rows = items.reduce((sum, item) => sum + item.rows, 0);
  const batch = { id: 1, items, rows, outputs: undefined, ...changes };
  const timing = await instance.execute(batch, (emitted) => void emissions.push(...emitted));
  return { emissions, timing };
}
