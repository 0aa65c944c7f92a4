import { type Clock, type EventBus, MillraceError, type Timer, toMillraceError } from '../core/index.js';
import type { Engine, ModelInfo } from '../engine/index.js';
import {
  type ModelSource,
  type Repository,
  type RepositoryOptions,
  type RepositoryScan,
  type ScanOptions,
  scanSettled,
} from '../repository/index.js';

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
  #turn: Promise<unknown> = Promise.resolve();
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
    await this.#inTurn(async () => {
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
    return this.#inTurn(async () => {
      const { repository, engine } = this.#setup;
      const scan = await scanSettled(repository, { ...scanOptions, name }, this.#patience());
      if (scan.sources.length === 0) throw nothingToLoad(name, scan);
      const infos = await Promise.all(scan.sources.map((source) => this.#loadSource(source)));
      const failed = infos.filter((info): info is MillraceError => info instanceof MillraceError);
      if (failed[0] !== undefined) {
        const reasons = failed.map((error) => error.message).join('; ');
        throw new MillraceError('invalid_argument', `model '${name}' failed to load: ${reasons}`, { cause: failed[0] });
      }
      this.#unloadExcept(engine, name, scan);
      return infos as readonly ModelInfo[];
    });
  }

  /** Refuses new requests for all versions; resolves then, while accepted requests finish behind it. */
  async unload(name: string): Promise<void> {
    const { engine } = this.#setup;
    const loaded = engine.statusesOf(name).filter((status) => status.info !== undefined);
    if (engine.statusesOf(name).length === 0) throw new MillraceError('not_found', `there is no model '${name}'`);
    for (const { version } of loaded) this.#unloadInBackground(name, version, 'unloaded');
  }

  /** Ends polling and waits for the look in progress. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.clear();
    await this.#turn;
    await this.#setup.repository.close();
  }

  #patience() {
    return { clock: this.#setup.clock, maxWaitMs: MAX_SETTLE_WAIT_MS };
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#turn.then(work, work);
    this.#turn = result.catch(() => undefined);
    return result;
  }

  /** Loads everything that a look finds; returns what did not load, as sentences. */
  async #loadAll(scanOptions: ScanOptions): Promise<readonly string[]> {
    const scan = await scanSettled(this.#setup.repository, scanOptions, this.#patience());
    this.#report(scan);
    const failures = scan.problems.map(({ name, reason }) => `${name}: ${reason}`);
    if (scanOptions.name !== undefined && !scan.names.includes(scanOptions.name)) {
      const reason = 'no repository has such a model';
      this.#setup.engine.reportFailure(scanOptions.name, 0, reason);
      failures.push(`${scanOptions.name}: ${reason}`);
    }
    const results = await Promise.all(scan.sources.map((source) => this.#loadSource(source)));
    results.forEach((result, index) => {
      if (result instanceof MillraceError) failures.push(`${scan.sources[index]?.name}: ${result.message}`);
    });
    return failures;
  }

  #loadSource(source: ModelSource): Promise<ModelInfo | MillraceError> {
    return this.#setup.engine.load(source).catch(async (error: unknown) => {
      await this.#setup.repository.discard(source);
      return toMillraceError(error);
    });
  }

  #report(scan: RepositoryScan): void {
    for (const { name, version, reason } of scan.problems) this.#setup.engine.reportFailure(name, version ?? 0, reason);
    for (const { repository, message } of scan.notices) {
      this.#setup.events.publish('diagnostic', { level: 'warn', room: 'repository', message, fields: { repository } });
    }
  }

  #schedulePoll(): void {
    if (this.#closed) return;
    this.#timer = this.#setup.clock.setTimer(this.#setup.options.pollIntervalMs, () => {
      this.#inTurn(() => this.#poll())
        .catch((error: unknown) => {
          const message = 'a look at the repositories failed';
          this.#setup.events.publish('diagnostic', { level: 'error', room: 'repository', message, error });
        })
        .finally(() => this.#schedulePoll());
    });
  }

  /** Loads what is new or changed, unloads what is gone, leaves the rest. */
  async #poll(): Promise<void> {
    const { repository, engine } = this.#setup;
    const scan = await repository.scan();
    this.#report(scan);
    const statuses = engine.statuses();
    const changed = scan.sources.filter((source) => {
      const status = statuses.find(({ name, version }) => name === source.name && version === source.version);
      return status?.info?.source.fingerprint !== source.fingerprint && !this.#failedBefore(source);
    });
    await Promise.all(changed.map((source) => this.#loadSource(source)));
    for (const name of new Set(statuses.map((status) => status.name))) this.#unloadExcept(engine, name, scan);
  }

  readonly #failures = new Map<string, string>();

  /** A version that failed with these very files is not tried again at every look. */
  #failedBefore(source: ModelSource): boolean {
    const key = `${source.name}/${source.version}`;
    const known = this.#failures.get(key) === source.fingerprint;
    this.#failures.set(key, source.fingerprint);
    return known;
  }

  /** Unloads the versions of a model that a look did not select. */
  #unloadExcept(engine: Engine, name: string, scan: RepositoryScan): void {
    const keep = new Set<number>();
    for (const list of [scan.sources, scan.unsettled]) {
      for (const item of list) if (item.name === name) keep.add(item.version);
    }
    // A model whose configuration broke keeps serving what it has until somebody mends it.
    if (scan.problems.some((problem) => problem.name === name && problem.version === undefined)) return;
    for (const { version, info } of engine.statusesOf(name)) {
      if (keep.has(version)) continue;
      if (info !== undefined) this.#unloadInBackground(name, version, 'no longer selected');
      else if (!scan.problems.some((problem) => problem.name === name)) engine.forget(name, version);
    }
  }

  #unloadInBackground(name: string, version: number, reason: string): void {
    const source = this.#setup.engine.statusesOf(name).find((status) => status.version === version)?.info?.source;
    this.#setup.engine
      .unload(name, version, reason)
      .then(() => (source === undefined ? undefined : this.#setup.repository.discard(source)))
      .catch((error: unknown) => {
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
