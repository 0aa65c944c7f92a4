import { fileURLToPath } from 'node:url';
import { type Clock, type EventBus, invalidArgument, MillraceError, msg, namedRunner } from '../../core/index.js';
import type { LoadedModel, LoadSpec } from '../contract.js';
import type { Description } from '../description.js';
import type { Host, HostLoadOptions, Instance, Placement } from '../instance.js';
import { placementProblem, type RuntimeManifest } from '../manifest.js';
import type { RunnerOptions } from '../options.js';
import { loadModel, type PlacedSpec } from '../registry.js';
import type { RuntimeContext } from '../runtime-context.js';
import type { BodyArena } from './body-arena.js';
import { InlineModel } from './inline-model.js';
import { DEFAULT_LIMIT_BYTES, limitMemory, type MemoryDemand } from './memory-limit.js';
import { loadRemotely, RemoteModel } from './remote-model.js';
import { type Environment, runnerEnvironment, sharedRunnerLabel } from './runner-environment.js';
import { needSince, readMemory } from './runner-memory.js';
import { RunnerProcess, type RunnerSettings } from './runner-process.js';
import { RunnerWatch } from './runner-watch.js';

export { BodyArena } from './body-arena.js';

export interface HostDependencies {
  readonly options: Omit<RunnerOptions, 'runtimes'>;
  readonly runtimes: readonly RuntimeManifest[];
  readonly events: EventBus;
  readonly clock: Clock;
  /** Of the machine, or of the control group that the server is in. */
  readonly memoryBytes: number;
  /** Of the server; runners get a part of it. */
  readonly environment: Environment;
  /** Memory of bodies that runners may read. Default: none. */
  readonly bodies?: BodyArena | undefined;
}

/** Makes a host: where instances are started, inline or in runner processes. */
export function createHost(dependencies: HostDependencies): Host {
  return new ProcessHost(dependencies);
}

interface RunnerNeeds {
  /** Of variables of the server's environment. */
  readonly names: readonly string[];
  /** The runtime of the one model that the runner is for; undefined = it is for several. */
  readonly only: RuntimeManifest | undefined;
  readonly niceness: number;
}

/** Resident memory of a model, in sizes of its files, whose runtime says nothing better: the file, a copy, and one in the order of kernels. */
const FILE_FACTOR = 3;

type ProcessPlacement = Extract<Placement, { kind: 'process' }>;

class ProcessHost implements Host {
  readonly #dependencies: HostDependencies;
  readonly #watch: RunnerWatch;
  /** Running processes and the models that live in each, by key. */
  readonly #runners = new Map<RunnerProcess, Map<number, MemoryDemand>>();
  readonly #shared = new Map<string, RunnerProcess>();
  #lastModelKey = 0;
  #closed = false;

  constructor(dependencies: HostDependencies) {
    const { options, events, clock } = dependencies;
    this.#dependencies = dependencies;
    this.#watch = new RunnerWatch({ intervalMs: options.memoryPollIntervalMs, events, clock });
  }

  async load(spec: LoadSpec, placement: Placement, options: HostLoadOptions): Promise<Instance> {
    if (this.#closed) throw closing();
    const placed = this.#place(spec, placement);
    switch (placement.kind) {
      case 'inline':
        return this.#loadInline(placed, options);
      case 'process':
        return this.#loadInProcess(placed, placement, options);
      default:
        return placement satisfies never;
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    const endings = [...this.#runners.keys()].map((runner) => {
      if (runner.busy) runner.kill('the server closed');
      return runner.end();
    });
    await Promise.all(endings);
  }

  /** Says where the runtime is found; throws where there is none of that name, or it does not run there. */
  #place(spec: LoadSpec, { kind }: Placement): PlacedSpec {
    const manifest = this.#manifestOf(spec);
    if (manifest === undefined) {
      const known = this.#dependencies.runtimes.map(({ name }) => name).sort();
      const message = `unknown runtime '${spec.runtime}'; expected one of ${known.join(', ')}`;
      throw new MillraceError('unimplemented', message);
    }
    const problem = placementProblem(manifest, kind);
    if (problem !== undefined) throw invalidArgument(problem);
    const { module, librarySetting, tasks = [] } = manifest;
    const libraryFolder = librarySetting === undefined ? '' : this.#dependencies.options[librarySetting];
    return {
      ...spec,
      tasks,
      ...(module !== undefined && { module: module.href }),
      ...(libraryFolder !== '' && { libraryFolder }),
    };
  }

  #manifestOf({ runtime }: LoadSpec): RuntimeManifest | undefined {
    return this.#dependencies.runtimes.find(({ name }) => name === runtime);
  }

  async #loadInline(spec: PlacedSpec, options: HostLoadOptions): Promise<Instance> {
    const { clock, events } = this.#dependencies;
    const startedAt = clock.now();
    const context: RuntimeContext = {
      clock,
      isolated: false,
      callModel: options.callModel,
      ...(options.describeModel === undefined ? {} : { describeModel: options.describeModel }),
      report: (level, message) =>
        events.publish('diagnostic', { level, room: 'runtimes', message, fields: { instance: options.instanceId } }),
    };
    const loading = loadModel(spec, context);
    const model = await this.#withTimeout(loading, options);
    return new InlineModel(options.instanceId, model, clock.now() - startedAt);
  }

  /** Rejects after the timeout; a model that finishes loading late is closed. */
  #withTimeout(loading: Promise<LoadedModel>, options: HostLoadOptions): Promise<LoadedModel> {
    return new Promise((resolve, reject) => {
      let expired = false;
      const timer = this.#dependencies.clock.setTimer(options.timeoutMs, () => {
        expired = true;
        reject(loadTimeout(options));
      });
      loading.then(
        (model) => {
          timer.clear();
          if (expired) void model.close();
          else resolve(model);
        },
        (error: unknown) => {
          timer.clear();
          reject(error);
        },
      );
    });
  }

  async #loadInProcess(spec: PlacedSpec, placement: ProcessPlacement, options: HostLoadOptions): Promise<Instance> {
    const { clock } = this.#dependencies;
    const startedAt = clock.now();
    const demand = await this.#demandOf(spec, placement);
    if (this.#closed) throw closing();
    this.#lastModelKey++;
    const modelKey = this.#lastModelKey;
    const runner = this.#acquire(spec, placement, { ...options, modelKey, demand });
    const timer = clock.setTimer(options.timeoutMs, () => runner.kill(loadTimeout(options).message));
    let description: Description;
    runner.models.serveCalls(modelKey, options.callModel);
    const isShared = () => (this.#runners.get(runner)?.size ?? 0) > 1;
    const measuring = isShared() ? readMemory(runner) : Promise.resolve(undefined);
    try {
      description = await runner.loads(measuring.then(() => loadRemotely(runner, modelKey, spec)));
    } catch (error) {
      runner.models.serveCalls(modelKey, undefined);
      await this.#release(runner, modelKey);
      throw error;
    } finally {
      timer.clear();
    }
    return new RemoteModel({
      id: options.instanceId,
      runner,
      modelKey,
      description,
      loadMs: clock.now() - startedAt,
      release: () => this.#release(runner, modelKey),
      isShared,
      memoryLimit: () => this.#watch.limitOf(runner),
      memoryNeed: async () => needSince(await measuring, runner),
    });
  }

  async #demandOf(spec: LoadSpec, { maxRssBytes }: ProcessPlacement): Promise<MemoryDemand> {
    const estimate = this.#manifestOf(spec)?.estimateMemory;
    // It holds no weights.
    if (spec.isPreparer === true) {
      return { ref: spec.ref, ownLimitBytes: Math.min(maxRssBytes, DEFAULT_LIMIT_BYTES), neededBytes: 0 };
    }
    const neededBytes = estimate === undefined ? spec.sizeBytes * FILE_FACTOR : await estimate(spec);
    return { ref: spec.ref, ownLimitBytes: maxRssBytes, neededBytes };
  }

  #acquire(spec: LoadSpec, placement: ProcessPlacement, acquisition: Acquisition): RunnerProcess {
    const { instanceId, modelKey, demand } = acquisition;
    const { environment = [] } = placement;
    const shared = placement.runner === undefined ? undefined : sharedRunnerLabel(placement.runner, environment);
    const existing = shared === undefined ? undefined : this.#shared.get(shared);
    // Nobody knows what else a shared runner will run.
    const only = shared === undefined ? this.#manifestOf(spec) : undefined;
    const name =
      shared === undefined
        ? { label: instanceId, mention: namedRunner(spec.ref.name, instanceId) }
        : { label: shared, mention: msg`runner ${shared}` };
    const niceness = nicenessOf(spec, only, acquisition);
    const runner = existing?.usable ? existing : this.#start(name, { names: environment, only, niceness });
    if (shared !== undefined) this.#shared.set(shared, runner);
    const models = this.#runners.get(runner) ?? new Map<number, MemoryDemand>();
    this.#runners.set(runner, models.set(modelKey, demand));
    this.#limit(runner, models);
    return runner;
  }

  /** Watches the memory of a runner with these models. */
  #limit(runner: RunnerProcess, models: ReadonlyMap<number, MemoryDemand>): void {
    const { options, memoryBytes } = this.#dependencies;
    const demands = [...models.values()];
    this.#watch.watch(runner, {
      demands,
      limit: limitMemory(demands, { maxRssBytes: options.maxRssBytes, memoryBytes }),
    });
  }

  #start(name: RunnerName, { names, only, niceness }: RunnerNeeds): RunnerProcess {
    const { options, bodies, events, clock } = this.#dependencies;
    const environment = {
      ...(only?.nodeOptions === undefined ? {} : { NODE_OPTIONS: only.nodeOptions }),
      ...only?.environment,
      ...runnerEnvironment(this.#dependencies.environment, names),
    };
    const entry = options.entry === '' ? fileURLToPath(new URL('./runner-main.js', import.meta.url)) : options.entry;
    const runner = new RunnerProcess({
      ...name,
      entry,
      environment,
      niceness,
      // Programs see what is sent to them, not the requests of all models.
      bodies: only === undefined || only.files?.code === true ? undefined : bodies,
      events,
      clock,
      closeTimeoutMs: options.closeTimeoutMs,
    });
    void runner.exited.then(() => this.#forget(runner));
    return runner;
  }

  /** One model less in the runner; the last one ends it. */
  async #release(runner: RunnerProcess, modelKey: number): Promise<void> {
    const models = this.#runners.get(runner);
    if (models === undefined) return;
    models.delete(modelKey);
    if (models.size > 0) {
      this.#limit(runner, models);
      return;
    }
    for (const [name, candidate] of this.#shared) if (candidate === runner) this.#shared.delete(name);
    await runner.end();
  }

  #forget(runner: RunnerProcess): void {
    this.#runners.delete(runner);
    for (const [name, candidate] of this.#shared) if (candidate === runner) this.#shared.delete(name);
  }
}

type RunnerName = Pick<RunnerSettings, 'label' | 'mention'>;

/** What a model brings along into a runner. */
interface Acquisition extends HostLoadOptions {
  readonly modelKey: number;
  readonly demand: MemoryDemand;
}

/** The lowest priority that a process can have. */
const LOWEST_NICENESS = 19;

function nicenessOf(
  { isPreparer = false }: LoadSpec,
  runtime: RuntimeManifest | undefined,
  { forBackground = false }: HostLoadOptions,
): number {
  // A preparer answers within milliseconds, and the model waits for it.
  if (isPreparer) return 0;
  return forBackground ? LOWEST_NICENESS : (runtime?.niceness ?? 0);
}

function closing(): MillraceError {
  return new MillraceError('unavailable', 'the server is closing; it loads no more models');
}

function loadTimeout(options: HostLoadOptions): MillraceError {
  return new MillraceError('unavailable', `loading took longer than ${options.timeoutMs} ms`);
}
