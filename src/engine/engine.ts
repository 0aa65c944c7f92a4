import pLimit, { type LimitFunction } from 'p-limit';
import {
  ByteBudget,
  formatModelRef,
  type InferRequest,
  isOwnModel,
  type Message,
  MillraceError,
  type ModelRef,
  msg,
  namedModel,
  shuttingDown,
  toMillraceError,
  within,
  wordingOf,
} from '../core/index.js';
import type { ModelSource } from '../repository/index.js';
import { describeOther } from './describe-other.js';
import { type Generation, loadGeneration } from './generation/generation.js';
import type { GenerationContext } from './generation/load-options.js';
import { InstanceQuota } from './instance-quota.js';
import { failedState, gone, notLoaded, retryLoad } from './load-failures.js';
import { MemoryBudget } from './memory-budget.js';
import { Renewals } from './renewals.js';
import { parseResources, ResourceLimiter } from './resource-limiter.js';
import { type CacheUsage, ResponseCache } from './response-cache.js';
import { Retirements } from './retirements.js';
import type { CreateEngineOptions } from './setup.js';
import {
  type Engine,
  type GrantCredit,
  type MemoryUsage,
  type ModelGauges,
  type ModelInfo,
  type ModelStatistics,
  type ModelStatus,
  NO_CREDIT,
  type Submission,
} from './types.js';
import { UnreadAnswers } from './unread-answers.js';
import { stateOf, statusOf, type VersionEntry, VersionTable } from './version-table.js';

/** Makes an engine without models. The host's runners end with it. */
export function createEngine(setup: CreateEngineOptions): Engine {
  return new ModelEngine(setup);
}

class ModelEngine implements Engine {
  readonly unread: UnreadAnswers;
  readonly #setup: CreateEngineOptions;
  readonly #context: GenerationContext;
  readonly #table: VersionTable;
  readonly #generations = new Map<number, Generation>();
  readonly #retirements: Retirements;
  readonly #renewals: Renewals;
  readonly #limitLoads: LimitFunction;
  readonly #quota: InstanceQuota;
  readonly #memory: MemoryBudget;
  #closed = false;
  /** Nothing that was accepted is waited for any more. */
  #aborted = false;

  constructor(setup: CreateEngineOptions) {
    this.#setup = setup;
    this.#table = new VersionTable(setup.events);
    const { maxInFlightBytes, responseCacheBytes, rateLimit, rateLimitResources } = setup.options;
    const { loadConcurrency, maxInstances, fairness } = setup.options;
    const budget = new ByteBudget('the server', maxInFlightBytes);
    this.unread = new UnreadAnswers(budget);
    this.#context = {
      isCompared: () => false,
      ...setup,
      fairness: { between: fairness === 'off' ? 'nobody' : 'principals', weightOf: setup.weightOf },
      describeModel: (name, version) => describeOther(this, name, version),
      budget,
      resources: rateLimit === 'off' ? undefined : new ResourceLimiter(parseResources(rateLimitResources), setup.clock),
      responseCache: responseCacheBytes > 0 ? new ResponseCache(responseCacheBytes, setup.clock) : undefined,
    };
    this.#limitLoads = pLimit(loadConcurrency);
    this.#quota = new InstanceQuota(maxInstances, () => this.#generations.values());
    this.#memory = new MemoryBudget(setup, () => this.gauges());
    this.#renewals = new Renewals(setup, (entry, generation, why) => this.#giveUp(entry, generation, why));
    this.#retirements = new Retirements(({ info }) => {
      this.#generations.delete(info.ref.generation);
      setup.onReleased?.(info.source);
    });
  }

  load(source: ModelSource): Promise<ModelInfo> {
    if (this.#closed) return Promise.reject(shuttingDown());
    const entry = this.#table.obtain(source.name, source.version);
    if (entry.current === undefined) entry.state = { kind: 'loading' };
    return entry.changes.run(() => this.#limitLoads(() => this.#loadInto(entry, source)));
  }

  unload(name: string, version: number, reason = 'unloaded'): Promise<void> {
    const entry = this.#table.get(name, version);
    if (entry === undefined) {
      return Promise.reject(new MillraceError('not_found', msg`${namedModel(name)} has no version ${version}`));
    }
    // At once, also while another load of it goes on; what that brings is taken out again when its turn is over.
    const serving = this.#takeOut(entry);
    return entry.changes.run(async () => {
      await serving;
      await this.#takeOut(entry);
      if (entry.state.kind !== 'draining') return;
      this.#table.setState(entry, { kind: 'unloaded', reason });
      this.#table.unloaded(entry);
    });
  }

  reportComing(name: string, reason: string): void {
    const known = this.#table.get(name, 0)?.state.kind === 'loading';
    const entry = this.#table.obtain(name, 0);
    // Progress is for those who look; nobody else is to be told again and again.
    if (known) entry.state = { kind: 'loading', reason };
    else this.#table.setState(entry, { kind: 'loading', reason });
  }

  reportFailure(name: string, version: number, reason: string): void {
    const entry = this.#table.obtain(name, version);
    const { state } = entry;
    // Polling comes by again and again.
    if (entry.current !== undefined || (state.kind === 'failed' && state.reason === reason)) return;
    this.#table.setState(entry, { kind: 'failed', reason });
  }

  forget(name: string, version: number): void {
    if (this.#table.get(name, version)?.current === undefined) this.#table.delete(name, version);
  }

  statuses(): readonly ModelStatus[] {
    return this.#table.ofModels().map(statusOf);
  }

  statusesOf(name: string): readonly ModelStatus[] {
    return isOwnModel(name) ? [] : this.#table.of(name).map(statusOf);
  }

  serving(name: string): readonly ModelInfo[] {
    return this.#table.serving(name);
  }

  submit(ref: ModelRef, submission: Submission): GrantCredit {
    const generation = this.#generations.get(ref.generation);
    // What was accepted before the close may still need other models.
    const late = this.#closed && (this.#aborted || submission.call.callers.length === 0);
    if (late) submission.sink.onEnd(shuttingDown());
    else if (generation !== undefined) {
      return this.#retirements.holderOf(generation, submission).submit(submission);
    } else submission.sink.onEnd(notLoaded(ref));
    return NO_CREDIT;
  }

  check(ref: ModelRef, request: InferRequest): void {
    const generation = this.#generations.get(ref.generation);
    if (generation === undefined) throw notLoaded(ref);
    generation.check(request);
  }

  statistics(): readonly ModelStatistics[] {
    return this.#table.ofModels().flatMap((entry) => entry.current?.statistics.values ?? []);
  }

  gauges(): readonly ModelGauges[] {
    return [...this.#generations.values()].map((generation) => generation.gauges());
  }

  cacheUsage(): CacheUsage | undefined {
    return this.#context.responseCache?.usage();
  }

  memoryUsage(): MemoryUsage | undefined {
    return this.#memory.usage;
  }

  async close(gracePeriodMs: number): Promise<void> {
    this.#closed = true;
    const generations = [...this.#generations.values()];
    const settled = Promise.all(generations.map((generation) => generation.settled()));
    await within(this.#setup.clock, gracePeriodMs, settled);
    this.#aborted = true;
    await Promise.all(generations.map((generation) => generation.close()));
    await this.#retirements.done();
    await this.#setup.host.close();
    // What served stays known, so that whoever still asks is told of the shutdown and not that there is no such model.
    this.#generations.clear();
  }

  async #loadInto(entry: VersionEntry, source: ModelSource): Promise<ModelInfo> {
    const ref = this.#table.newRef(source.name, source.version);
    const fresh = entry.current === undefined;
    if (fresh) {
      entry.ref = ref;
      this.#table.setState(entry, { kind: 'loading' });
    }
    try {
      const load = async () => {
        const generation = await this.#loadGeneration(entry, source, { ref, fresh });
        if (this.#closed) {
          await generation.close();
          throw shuttingDown();
        }
        this.#swapIn(entry, generation);
        return generation.info;
      };
      return await this.#quota.whileLoading(source, () => this.#memory.whileLoading(source, load));
    } catch (error) {
      this.#setup.onReleased?.(source);
      // A load that the close has interrupted is not at fault, whatever its runner says.
      if (this.#closed) {
        const reason = shuttingDown();
        if (fresh) this.#table.setState(entry, { kind: 'unloaded', reason: reason.message });
        throw reason;
      }
      this.#onLoadFailed(entry, { ref, fresh, error });
      throw error;
    }
  }

  #loadGeneration(
    entry: VersionEntry,
    source: ModelSource,
    { ref, fresh }: { readonly ref: ModelRef; readonly fresh: boolean },
  ): Promise<Generation> {
    const load = () =>
      loadGeneration({
        source,
        ref,
        context: this.#context,
        onWarming: () => {
          if (fresh) this.#table.setState(entry, { kind: 'warming' });
        },
        onStateChange: () => {
          if (entry.current?.info.ref === ref) this.#table.publishState(entry, ref);
        },
        onFilesChanged: () => void this.#renewals.renew(entry, ref),
      });
    return retryLoad(ref, load, { setup: this.#setup, isOver: () => this.#closed });
  }

  #onLoadFailed(
    entry: VersionEntry,
    { ref, fresh, error }: { readonly ref: ModelRef; readonly fresh: boolean; readonly error: unknown },
  ): void {
    const why = toMillraceError(error);
    if (fresh) {
      this.#table.setState(entry, failedState(wordingOf(why)), error);
      return;
    }
    const reason = why.message;
    const message = `model '${formatModelRef(ref)}' failed to load again and serves on as it was: ${reason}`;
    const fields = { model: ref.name, version: ref.version, reason };
    this.#setup.events.publish('diagnostic', { level: 'error', room: 'engine', message, fields, error });
  }

  #swapIn(entry: VersionEntry, generation: Generation): void {
    const old = entry.current;
    this.#table.serve(entry, generation);
    entry.ref = generation.info.ref;
    this.#generations.set(generation.info.ref.generation, generation);
    this.#table.publishState(entry, generation.info.ref, { loadMs: generation.info.loadMs });
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
      return NO_CREDIT;
    });
  }

  /** Nothing of a generation is left, and nothing takes its place. */
  #giveUp(entry: VersionEntry, generation: Generation, why: string | Message): void {
    this.#table.serve(entry, undefined);
    this.#table.setState(entry, failedState(msg`its files have changed since it was loaded: ${why}`));
    this.#disinherit(entry, generation);
    void this.#retirements.retire(generation);
  }

  /** Stops serving a version; resolves when what it had accepted is answered and its memory released. */
  #takeOut(entry: VersionEntry): Promise<void> {
    const generation = entry.current;
    if (generation === undefined) return Promise.resolve();
    this.#table.serve(entry, undefined);
    this.#table.setState(entry, { kind: 'draining' });
    const closing = this.#retirements.withPrevious(generation).map((each) => {
      this.#disinherit(entry, each);
      return this.#retirements.retire(each);
    });
    return Promise.all(closing).then(() => undefined);
  }
}
