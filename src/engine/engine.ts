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
import type { EngineOptions } from './options.js';
import { parseResources, ResourceLimiter } from './resource-limiter.js';
import { type CacheUsage, ResponseCache } from './response-cache.js';
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
  /** Folder for files that may be deleted at any time; undefined = keep none. */
  readonly cacheFolder: string | undefined;
  /** Runs the requests of models that call other models, as anybody's. */
  readonly infer: Infer;
  /** Told when the files of a source are needed no more: its load has failed, or what was loaded from it is closed. */
  readonly onReleased?: (source: ModelSource) => void;
  /** A runner has died and cannot start again as it was: the version's files have changed. It should be loaded again. */
  readonly onStale?: (source: ModelSource) => void;
}

/** How long sequences may go on after a reload on the generation that they began on. */
const SEQUENCE_DRAIN_MS = 600_000;
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
  readonly #retirements = new Map<Generation, Promise<void>>();
  /** By generation, the one that it has replaced, while that still keeps sequences. */
  readonly #previous = new Map<Generation, Generation>();
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
      if (entry.state.kind === 'draining') this.#setState(entry, { kind: 'unloaded', reason });
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
    else if (generation !== undefined) return this.#holderOf(generation, submission).submit(submission);
    else submission.sink.onEnd(new MillraceError('not_found', `model '${formatModelRef(ref)}' is not loaded`));
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
    await Promise.all(this.#retirements.values());
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
      `model '${formatModelRef(source)}' wants ${wanted} instances, but ${used} of engine.maxInstances ${maxInstances} are taken`,
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
    if (old.stale()) old.scheduler.abort(replaced(generation.info.ref));
    if (old.scheduler.sequences === undefined) void this.#retire(old);
    else void this.#retireAfterSequences(generation, old);
  }

  /** Those who are in the middle of a sequence go on with it where its state is. */
  async #retireAfterSequences(generation: Generation, old: Generation): Promise<void> {
    this.#previous.set(generation, old);
    await old.scheduler.sequences?.over(SEQUENCE_DRAIN_MS);
    await this.#retire(old);
  }

  /** The generation that has the sequence of a request: itself, or one that it has replaced. */
  #holderOf(generation: Generation, { request }: Submission): Generation {
    const { sequence } = request;
    if (this.#previous.size === 0 || sequence === undefined || sequence.start) return generation;
    for (let holder: Generation | undefined = generation; holder !== undefined; holder = this.#previous.get(holder)) {
      if (holder.scheduler.sequences?.holds(sequence.id)) return holder;
    }
    return generation;
  }

  /** A generation and those before it that still keep sequences. */
  #withPrevious(generation: Generation): readonly Generation[] {
    const previous = this.#previous.get(generation);
    return previous === undefined ? [generation] : [generation, ...this.#withPrevious(previous)];
  }

  /** Serves a version no more; resolves when what it had accepted is answered and its memory given back. */
  #takeOut(entry: VersionEntry): Promise<void> {
    const generation = entry.current;
    if (generation === undefined) return Promise.resolve();
    entry.current = undefined;
    this.#refreshServing(entry.name);
    this.#setState(entry, { kind: 'draining' });
    const closing = this.#withPrevious(generation).map((each) => this.#retire(each));
    return Promise.all(closing).then(() => undefined);
  }

  /** Lets a generation finish what it has accepted, then closes it. */
  #retire(generation: Generation): Promise<void> {
    const known = this.#retirements.get(generation);
    if (known !== undefined) return known;
    const retired = generation.scheduler
      .idle()
      .then(() => generation.close())
      .finally(() => {
        this.#generations.delete(generation.info.ref.generation);
        this.#retirements.delete(generation);
        this.#forgetPrevious(generation);
        this.#setup.onReleased?.(generation.info.source);
      });
    this.#retirements.set(generation, retired);
    return retired;
  }

  #forgetPrevious(generation: Generation): void {
    const before = this.#previous.get(generation);
    this.#previous.delete(generation);
    for (const [later, previous] of this.#previous) {
      if (previous !== generation) continue;
      if (before === undefined) this.#previous.delete(later);
      else this.#previous.set(later, before);
    }
  }

  /** Loads and unloads of one version never overlap. */
  #inTurn<Result>(entry: VersionEntry, work: () => Promise<Result>): Promise<Result> {
    const result = entry.last.then(work, work);
    entry.last = result.catch(() => undefined);
    return result;
  }

  #entryFor(name: string, version: number): VersionEntry {
    const known = this.#table.get(name, version);
    if (known !== undefined) return known;
    const ref: ModelRef = { name, version, generation: ++this.#lastGeneration };
    const state: ModelState = { kind: 'loading' };
    const entry: VersionEntry = { name, version, current: undefined, state, ref, last: Promise.resolve() };
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

function replaced(ref: ModelRef): MillraceError {
  const message = `model '${formatModelRef(ref)}' was loaded again after its runner had died; try again`;
  return new MillraceError('unavailable', message, { retryAfterMs: 1_000 });
}

function shuttingDown(): MillraceError {
  return new MillraceError('unavailable', 'the server is shutting down', { retryAfterMs: 1_000 });
}
