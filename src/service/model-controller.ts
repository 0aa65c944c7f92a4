import { type Clock, type EventBus, MillraceError, type Timer, toMillraceError } from '../core/index.js';
import type { Engine, ModelInfo } from '../engine/index.js';
import {
  diffScan,
  type ModelSource,
  type Repository,
  type RepositoryOptions,
  type RepositoryScan,
  type ScanOptions,
  scanSettled,
} from '../repository/index.js';

/** No model can have this name. */
const ALL_MODELS = '';
/** How long a load waits for files that are still being written. */
const MAX_SETTLE_WAIT_MS = 30_000;

export interface ModelControllerOptions {
  readonly repository: Repository;
  readonly engine: Engine;
  readonly options: RepositoryOptions;
  readonly clock: Clock;
  readonly events: EventBus;
}

/**
 * Keeps what is loaded in step with what the repositories hold and what was asked for. Looks never overlap;
 * a version whose files have not changed is left alone.
 */
export class ModelController {
  readonly #setup: ModelControllerOptions;
  /** What was loaded last, or tried to: a version that failed is not tried again until its files change. */
  #known: readonly ModelSource[] = [];
  /** The last thing in turn for each model; looks at all of them have a turn of their own. */
  readonly #turns = new Map<string, Promise<unknown>>();
  #timer: Timer | undefined;
  #started = false;
  #closed = false;

  constructor(setup: ModelControllerOptions) {
    this.#setup = setup;
  }

  /** Every model asked for at start is ready or has failed. */
  get started(): boolean {
    return this.#started;
  }

  /** Loads what the control mode says; rejects only in `strict` mode, with everything that did not load. */
  async start(): Promise<void> {
    const { options } = this.#setup;
    await this.#inTurn(ALL_MODELS, async () => {
      const failures: string[] = [];
      for (const scanOptions of initialScans(options)) failures.push(...(await this.#loadAll(scanOptions)));
      if (options.strict && failures.length > 0) {
        throw new MillraceError('failed_precondition', `models failed to load: ${failures.join('; ')}`);
      }
    });
    this.#started = true;
    if (options.controlMode === 'poll') this.#schedulePoll();
  }

  /** Loads one model's selected versions, changed or not, and unloads the others. Rejects when one of them fails. */
  load(name: string, scanOptions: Omit<ScanOptions, 'name'>): Promise<readonly ModelInfo[]> {
    return this.#inTurn(name, async () => {
      const scan = await scanSettled(this.#setup.repository, { ...scanOptions, name }, this.#patience());
      if (scan.sources.length === 0) throw nothingToLoad(name, scan);
      const infos = await Promise.all(scan.sources.map((source) => this.#loadSource(source)));
      const failed = infos.filter((info): info is MillraceError => info instanceof MillraceError);
      if (failed[0] !== undefined) {
        const reasons = failed.map((error) => error.message).join('; ');
        throw new MillraceError('invalid_argument', `model '${name}' failed to load: ${reasons}`, { cause: failed[0] });
      }
      const ofModel = this.#known.filter((source) => source.name === name);
      const { removed, sources } = diffScan(ofModel, scan);
      this.#known = [...this.#known.filter((source) => source.name !== name), ...sources];
      this.#retire(removed, scan, name);
      return infos as readonly ModelInfo[];
    });
  }

  /**
   * Refuses new requests for all versions; resolves then, while accepted requests finish behind it. A version that is
   * still loading is unloaded as soon as it is there.
   */
  async unload(name: string): Promise<void> {
    const statuses = this.#setup.engine.statusesOf(name);
    if (statuses.length === 0) throw new MillraceError('not_found', `there is no model '${name}'`);
    for (const { version, info, state } of statuses) {
      const onItsWay = state.kind === 'loading' || state.kind === 'warming';
      if (info !== undefined || onItsWay) this.#unloadInBackground(name, version, 'unloaded');
    }
  }

  /** Loads a model again whose files have changed under a runner that has to start anew. */
  reload(name: string): void {
    if (this.#closed || this.#turns.has(name)) return;
    this.load(name, {}).catch((error: unknown) => {
      const message = `model '${name}' could not be loaded again from its changed files`;
      this.#setup.events.publish('diagnostic', { level: 'error', room: 'service', message, error });
    });
  }

  /** Ends polling and waits for the look in progress. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.clear();
    await Promise.all(this.#turns.values());
    await this.#setup.repository.close();
  }

  #patience() {
    return { clock: this.#setup.clock, maxWaitMs: MAX_SETTLE_WAIT_MS, stopped: () => this.#closed };
  }

  #inTurn<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
    const result = (this.#turns.get(name) ?? Promise.resolve()).then(work, work);
    const over = result
      .catch(() => undefined)
      .then(() => {
        if (this.#turns.get(name) === over) this.#turns.delete(name);
      });
    this.#turns.set(name, over);
    return result;
  }

  /** Loads everything that a look finds; returns what did not load, as sentences. */
  async #loadAll(scanOptions: ScanOptions): Promise<readonly string[]> {
    const first = await this.#setup.repository.scan(scanOptions);
    // Nobody waits for the files of others.
    const early = first.sources.map((source) => this.#loadSource(source));
    const scan =
      first.unsettled.length === 0 ? first : await scanSettled(this.#setup.repository, scanOptions, this.#patience());
    const { added, changed, sources } = diffScan(first.sources, scan);
    this.#report(scan);
    this.#known = [...this.#known, ...sources];
    const failures = scan.problems.map(({ name, reason }) => `${name}: ${reason}`);
    for (const { name, version } of scan.unsettled) {
      const reason = 'its files are still changing';
      this.#setup.engine.reportFailure(name, version, reason);
      failures.push(`${name}: ${reason}`);
    }
    if (scanOptions.name !== undefined && !scan.names.includes(scanOptions.name)) {
      const reason = 'no repository has such a model';
      this.#setup.engine.reportFailure(scanOptions.name, 0, reason);
      failures.push(`${scanOptions.name}: ${reason}`);
    }
    const late = [...added, ...changed.map(({ to }) => to)];
    const results = await Promise.all([...early, ...late.map((source) => this.#loadSource(source))]);
    const attempted = [...first.sources, ...late];
    results.forEach((result, index) => {
      if (result instanceof MillraceError) failures.push(`${attempted[index]?.name}: ${result.message}`);
    });
    return failures;
  }

  #loadSource(source: ModelSource): Promise<ModelInfo | MillraceError> {
    return this.#setup.engine.load(source).catch(toMillraceError);
  }

  #report(scan: RepositoryScan): void {
    for (const { name, version, reason } of scan.problems) this.#setup.engine.reportFailure(name, version ?? 0, reason);
  }

  #schedulePoll(): void {
    if (this.#closed) return;
    this.#timer = this.#setup.clock.setTimer(this.#setup.options.pollIntervalMs, () => {
      this.#inTurn(ALL_MODELS, () => this.#poll())
        .catch((error: unknown) => {
          const message = 'a look at the repositories failed';
          this.#setup.events.publish('diagnostic', { level: 'error', room: 'repository', message, error });
        })
        .finally(() => this.#schedulePoll());
    });
  }

  /** Loads what is new or changed, unloads what is gone, leaves the rest. */
  async #poll(): Promise<void> {
    const scan = await this.#setup.repository.scan();
    this.#report(scan);
    const { added, changed, removed, sources } = diffScan(this.#known, scan);
    this.#known = sources;
    await Promise.all([...added, ...changed.map(({ to }) => to)].map((source) => this.#loadSource(source)));
    this.#retire(removed, scan);
  }

  /** Unloads what a look no longer selects, and takes out of the index what is neither there nor loaded any more. */
  #retire(removed: readonly ModelSource[], scan: RepositoryScan, name?: string): void {
    const { engine } = this.#setup;
    for (const source of removed) {
      const loaded = engine.statusesOf(source.name).find(({ version }) => version === source.version)?.info;
      if (loaded !== undefined) this.#unloadInBackground(source.name, source.version, 'no longer selected');
    }
    for (const status of name === undefined ? engine.statuses() : engine.statusesOf(name)) {
      const named = (item: { readonly name: string }) => item.name === status.name;
      const mended = status.state.kind === 'failed' && status.info === undefined && !scan.problems.some(named);
      const there = this.#known.some((source) => named(source) && source.version === status.version);
      if (mended && !there) engine.forget(status.name, status.version);
    }
  }

  #unloadInBackground(name: string, version: number, reason: string): void {
    this.#setup.engine.unload(name, version, reason).catch((error: unknown) => {
      const message = `unloading version ${version} of model '${name}' failed`;
      this.#setup.events.publish('diagnostic', { level: 'error', room: 'service', message, error });
    });
  }
}

/** The looks with which the server starts. */
function initialScans({ controlMode, loadModels }: RepositoryOptions): readonly ScanOptions[] {
  if (controlMode !== 'explicit' || loadModels.includes('*')) return [{}];
  return loadModels.map((name) => ({ name }));
}

function nothingToLoad(name: string, scan: RepositoryScan): MillraceError {
  const problem = scan.problems.find((candidate) => candidate.name === name);
  if (problem !== undefined) {
    return new MillraceError('invalid_argument', `model '${name}' failed to load: ${problem.reason}`);
  }
  if (scan.unsettled.some((version) => version.name === name)) {
    return new MillraceError('unavailable', `the files of model '${name}' are still changing; try again`, {
      retryAfterMs: 1_000,
    });
  }
  if (scan.names.includes(name)) {
    return new MillraceError('invalid_argument', `model '${name}' has no version that its version policy selects`);
  }
  return new MillraceError('not_found', `no repository has a model '${name}'`);
}
