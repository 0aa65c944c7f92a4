import pLimit, { type LimitFunction } from 'p-limit';
import {
  ByteBudget,
  type Clock,
  type EventBus,
  formatModelRef,
  MillraceError,
  type ModelRef,
  type ModelState,
  toMillraceError,
  within,
} from '../core/index.js';
import type { ModelSource } from '../repository/index.js';
import type { Host, OtherModel } from '../runtimes/index.js';
import { type Generation, type GenerationContext, loadGeneration } from './generation.js';
import { FilesChangedError } from './instance-pool.js';
import type { EngineOptions } from './options.js';
import { parseResources, ResourceLimiter } from './resource-limiter.js';
import { type CacheUsage, ResponseCache } from './response-cache.js';
import { Retirements } from './retirements.js';
import type {
  Engine,
  Grant,
  Infer,
  ModelGauges,
  ModelInfo,
  ModelStatistics,
  ModelStatus,
  Submission,
} from './types.js';
import { stateOf, statusOf, type VersionEntry, VersionTable } from './version-entry.js';

export interface CreateEngineOptions {
  readonly options: EngineOptions;
  readonly host: Host;
  readonly clock: Clock;
  readonly events: EventBus;
  /** Resident memory limit of runners whose model names none. */
  readonly defaultMaxRssBytes: number;
  /** After that callers give up. */
  readonly requestTimeoutMs: number;
  /** Folder for files that may be deleted at any time; undefined = keep none. */
  readonly cacheFolder: string | undefined;
  /** Runs the requests of models that call other models, as anybody's. */
  readonly infer: Infer;
  /** Called when the files of a source are no longer needed: its load has failed, or what was loaded from it is closed. */
  readonly onReleased?: (source: ModelSource) => void;
  /**
   * A runner has died and cannot start again as it was, since the version's files have changed: loads the model again.
   * Rejects with the reason why it cannot be.
   */
  readonly reload: (source: ModelSource) => Promise<void>;
}

/** How often it is tried to load changed files whose loads fail for reasons that may pass. */
const MAX_RENEWALS = 5;
const NONE: readonly ModelInfo[] = [];
const NO_GRANT: Grant = () => undefined;

/** Makes an engine without models. The host's runners end with it. */
export function createEngine(setup: CreateEngineOptions): Engine {
  return new ModelEngine(setup);
}

class ModelEngine implements Engine {
  readonly #setup: CreateEngineOptions;
  readonly #context: GenerationContext;
  readonly #table = new VersionTable();
  readonly #generations = new Map<number, Generation>();
  readonly #serving = new Map<string, readonly ModelInfo[]>();
  readonly #retirements: Retirements;
  /** Those that wait for others to take their place, since none of their instances starts again. */
  readonly #outdated = new Set<Generation>();
  readonly #limitLoads: LimitFunction;
  #lastGeneration = 0;
  /** Of generations that are being loaded. */
  #loadingInstances = 0;
  #closed = false;
  /** Nothing that was accepted is waited for any more. */
  #aborted = false;

  constructor(setup: CreateEngineOptions) {
    this.#setup = setup;
    const { maxInFlightBytes, responseCacheBytes, rateLimit, rateLimitResources } = setup.options;
    this.#context = {
      ...setup,
      describeModel: (name, version) => this.#describeModel({ name, version }),
      budget: new ByteBudget('the server', maxInFlightBytes),
      resources: rateLimit === 'off' ? undefined : new ResourceLimiter(parseResources(rateLimitResources), setup.clock),
      responseCache: responseCacheBytes > 0 ? new ResponseCache(responseCacheBytes, setup.clock) : undefined,
    };
    this.#limitLoads = pLimit(setup.options.loadConcurrency);
    this.#retirements = new Retirements(({ info }) => {
      this.#generations.delete(info.ref.generation);
      setup.onReleased?.(info.source);
    });
  }

  load(source: ModelSource): Promise<ModelInfo> {
    if (this.#closed) return Promise.reject(shuttingDown());
    const entry = this.#entryFor(source.name, source.version);
    if (entry.current === undefined) entry.state = { kind: 'loading' };
    return this.#inTurn(entry, () => this.#limitLoads(() => this.#loadInto(entry, source)));
  }

  unload(name: string, version: number, reason = 'unloaded'): Promise<void> {
    const entry = this.#table.get(name, version);
    if (entry === undefined) {
      return Promise.reject(new MillraceError('not_found', `model '${name}' has no version ${version}`));
    }
    // At once, also while another load of it goes on; what that brings is taken out again when its turn is over.
    const serving = this.#takeOut(entry);
    return this.#inTurn(entry, async () => {
      await serving;
      await this.#takeOut(entry);
      if (entry.state.kind !== 'draining') return;
      this.#setState(entry, { kind: 'unloaded', reason });
      this.#table.unloaded(entry);
    });
  }

  reportFailure(name: string, version: number, reason: string): void {
    const entry = this.#entryFor(name, version);
    const { state } = entry;
    // Polling comes by again and again.
    if (entry.current !== undefined || (state.kind === 'failed' && state.reason === reason)) return;
    this.#setState(entry, { kind: 'failed', reason });
  }

  forget(name: string, version: number): void {
    if (this.#table.get(name, version)?.current === undefined) this.#table.delete(name, version);
  }

  statuses(): readonly ModelStatus[] {
    return this.#table.all().map(statusOf);
  }

  statusesOf(name: string): readonly ModelStatus[] {
    return this.#table.of(name).map(statusOf);
  }

  serving(name: string): readonly ModelInfo[] {
    return this.#serving.get(name) ?? NONE;
  }

  submit(ref: ModelRef, submission: Submission): Grant {
    const generation = this.#generations.get(ref.generation);
    // What was accepted before the close may still need other models.
    const late = this.#closed && (this.#aborted || submission.call.callers.length === 0);
    if (late) submission.sink.onEnd(shuttingDown());
    else if (generation !== undefined) {
      return this.#retirements.holderOf(generation, submission).submit(submission);
    } else submission.sink.onEnd(new MillraceError('not_found', `model '${formatModelRef(ref)}' is not loaded`));
    return NO_GRANT;
  }

  statistics(): readonly ModelStatistics[] {
    return this.#table.all().flatMap((entry) => entry.current?.statistics.values ?? []);
  }

  gauges(): readonly ModelGauges[] {
    return [...this.#generations.values()].map((generation) => generation.gauges());
  }

  cacheUsage(): CacheUsage | undefined {
    return this.#context.responseCache?.usage();
  }

  async close(gracePeriodMs: number): Promise<void> {
    this.#closed = true;
    const generations = [...this.#generations.values()];
    const settled = Promise.all(generations.map((generation) => generation.scheduler.settled()));
    await within(this.#setup.clock, gracePeriodMs, settled);
    this.#aborted = true;
    await Promise.all(generations.map((generation) => generation.close()));
    await this.#retirements.done();
    await this.#setup.host.close();
    // What served stays known, so that whoever still asks is told of the shutdown and not that there is no such model.
    this.#generations.clear();
  }

  async #loadInto(entry: VersionEntry, source: ModelSource): Promise<ModelInfo> {
    const ref: ModelRef = { name: source.name, version: source.version, generation: ++this.#lastGeneration };
    const fresh = entry.current === undefined;
    if (fresh) {
      entry.ref = ref;
      this.#setState(entry, { kind: 'loading' });
    }
    let reserved = 0;
    try {
      reserved = this.#reserve(source);
      const generation = await this.#retrying(ref, () =>
        loadGeneration({
          source,
          ref,
          context: this.#context,
          onWarming: () => {
            if (fresh) this.#setState(entry, { kind: 'warming' });
          },
          onStateChange: () => {
            if (entry.current?.info.ref === ref) this.#publishState(entry, ref);
          },
          onFilesChanged: () => void this.#renew(entry, ref),
        }),
      );
      if (this.#closed) {
        await generation.close();
        throw shuttingDown();
      }
      this.#swapIn(entry, generation);
      return generation.info;
    } catch (error) {
      this.#setup.onReleased?.(source);
      const reason = toMillraceError(error).message;
      if (fresh) {
        this.#setState(entry, { kind: 'failed', reason }, error);
      } else {
        const message = `model '${formatModelRef(ref)}' failed to load again and serves on as it was: ${reason}`;
        const fields = { model: ref.name, version: ref.version, reason };
        this.#setup.events.publish('diagnostic', { level: 'error', room: 'engine', message, fields, error });
      }
      throw error;
    } finally {
      this.#loadingInstances -= reserved;
    }
  }

  /** What fails by chance (a slow disk, a full memory) may go better the next time. */
  async #retrying(ref: ModelRef, load: () => Promise<Generation>): Promise<Generation> {
    const { loadRetries } = this.#setup.options;
    for (let retry = 1; ; retry++) {
      try {
        return await load();
      } catch (error) {
        if (retry > loadRetries || this.#closed) throw error;
        const reason = toMillraceError(error).message;
        const message = `model '${formatModelRef(ref)}' failed to load and is tried again (${retry} of ${loadRetries}): ${reason}`;
        const fields = { model: ref.name, version: ref.version };
        this.#setup.events.publish('diagnostic', { level: 'warn', room: 'engine', message, fields, error });
      }
    }
  }

  #describeModel({ name, version }: { readonly name: string; readonly version: number | undefined }): OtherModel {
    const serving = this.serving(name);
    const info = version === undefined ? serving.at(-1) : serving.find(({ ref }) => ref.version === version);
    if (info !== undefined) return info;
    const label = version === undefined ? `model '${name}'` : `version ${version} of model '${name}'`;
    const states = this.statusesOf(name).filter((status) => version === undefined || status.version === version);
    for (const { state } of states) {
      if (state.kind !== 'failed') continue;
      throw new MillraceError('failed_precondition', `${label} failed to load: ${state.reason}`);
    }
    throw new MillraceError('failed_precondition', `${label} is not loaded`);
  }

  /** Takes room for the instances of a generation until it is loaded; returns how many. Throws `resource_exhausted`. */
  #reserve(source: ModelSource): number {
    const { maxInstances } = this.#setup.options;
    const wanted = source.config.instances?.count ?? 1;
    let used = this.#loadingInstances;
    for (const generation of this.#generations.values()) used += generation.info.instances;
    if (used + wanted <= maxInstances) {
      this.#loadingInstances += wanted;
      return wanted;
    }
    throw new MillraceError(
      'resource_exhausted',
      `model '${formatModelRef(source)}' needs ${wanted} instances, but ${used} of engine.maxInstances ${maxInstances} are taken`,
    );
  }

  #swapIn(entry: VersionEntry, generation: Generation): void {
    const old = entry.current;
    entry.current = generation;
    entry.ref = generation.info.ref;
    this.#generations.set(generation.info.ref.generation, generation);
    this.#refreshServing(entry.name);
    this.#publishState(entry, generation.info.ref, { loadMs: generation.info.loadMs });
    if (old === undefined) return;
    this.#disinherit(entry, old);
    this.#retirements.replace(old, generation);
  }

  /** A generation no longer serves: requests that it cannot begin go to the one that serves the version then. */
  #disinherit(entry: VersionEntry, generation: Generation): void {
    generation.retire((submission) => {
      if (entry.current !== undefined) return entry.current.submit(submission);
      const { ref } = generation.info;
      submission.sink.onEnd(this.#aborted ? shuttingDown() : gone(ref, stateOf(entry)));
      return NO_GRANT;
    });
  }

  /** An instance of what serves a version cannot start again: its files have changed, and are loaded. */
  async #renew(entry: VersionEntry, ref: ModelRef): Promise<void> {
    const generation = entry.current;
    if (generation?.info.ref !== ref || this.#outdated.has(generation)) return;
    this.#outdated.add(generation);
    let reason = '';
    for (let attempts = 0; attempts < MAX_RENEWALS && entry.current === generation; attempts++) {
      // A load that is in turn already may bring what lies there now.
      if (entry.turns > 0) await entry.last;
      if (entry.current !== generation) break;
      const failure = await this.#setup.reload(generation.info.source).then(() => undefined, toMillraceError);
      reason = failure?.message ?? 'they were not loaded';
      if (failure === undefined || !mayPass(failure.cause)) break;
      await this.#setup.clock.sleep(this.#setup.options.restartBackoffMs * 2 ** attempts);
    }
    this.#outdated.delete(generation);
    if (entry.current === generation && generation.up() === 0) this.#giveUp(entry, generation, reason);
  }

  /** Nothing of a generation is left, and nothing takes its place. */
  #giveUp(entry: VersionEntry, generation: Generation, why: string): void {
    entry.current = undefined;
    this.#refreshServing(entry.name);
    this.#setState(entry, { kind: 'failed', reason: `its files have changed since it was loaded: ${why}` });
    this.#disinherit(entry, generation);
    void this.#retirements.retire(generation);
  }

  /** Stops serving a version; resolves when what it had accepted is answered and its memory released. */
  #takeOut(entry: VersionEntry): Promise<void> {
    const generation = entry.current;
    if (generation === undefined) return Promise.resolve();
    entry.current = undefined;
    this.#refreshServing(entry.name);
    this.#setState(entry, { kind: 'draining' });
    const closing = this.#retirements.withPrevious(generation).map((each) => {
      this.#disinherit(entry, each);
      return this.#retirements.retire(each);
    });
    return Promise.all(closing).then(() => undefined);
  }

  /** Loads and unloads of one version never overlap. */
  #inTurn<Result>(entry: VersionEntry, work: () => Promise<Result>): Promise<Result> {
    entry.turns++;
    const result = entry.last.then(work, work).finally(() => entry.turns--);
    entry.last = result.catch(() => undefined);
    return result;
  }

  #entryFor(name: string, version: number): VersionEntry {
    const known = this.#table.get(name, version);
    if (known !== undefined) return known;
    const ref: ModelRef = { name, version, generation: ++this.#lastGeneration };
    const state: ModelState = { kind: 'loading' };
    const entry: VersionEntry = { name, version, current: undefined, state, ref, last: Promise.resolve(), turns: 0 };
    this.#table.set(entry);
    return entry;
  }

  #setState(entry: VersionEntry, state: ModelState, error?: unknown): void {
    entry.state = state;
    this.#publishState(entry, entry.ref, error === undefined ? {} : { error });
  }

  #publishState(entry: VersionEntry, ref: ModelRef, more: { readonly loadMs?: number; readonly error?: unknown } = {}) {
    this.#setup.events.publish('modelStateChanged', { ref, state: stateOf(entry), ...more });
  }

  #refreshServing(name: string): void {
    const infos = this.#table.of(name).flatMap((entry) => entry.current?.info ?? []);
    if (infos.length === 0) this.#serving.delete(name);
    else this.#serving.set(name, infos);
  }
}

/** Why what a version had accepted before it was taken out of service does not run. */
function gone(ref: ModelRef, state: ModelState): MillraceError {
  const why = state.kind === 'failed' ? state.reason : 'no instance of it was up when it was unloaded';
  return new MillraceError('unavailable', `model '${formatModelRef(ref)}' cannot run this request: ${why}`);
}

/** Whether a load that failed so may succeed soon: the files changed once more meanwhile, or the runner died. */
function mayPass(cause: unknown): boolean {
  return cause instanceof FilesChangedError || (cause instanceof MillraceError && cause.code === 'unavailable');
}

function shuttingDown(): MillraceError {
  return new MillraceError('unavailable', 'the server is shutting down', { retryAfterMs: 1_000 });
}
