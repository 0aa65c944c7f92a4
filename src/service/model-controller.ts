import {
  type Clock,
  type EventBus,
  invalidArgument,
  MillraceError,
  type ModelState,
  type Timer,
  toMillraceError,
} from '../core/index.js';
import type { Engine, ModelInfo } from '../engine/index.js';
import {
  composingModels,
  diffScan,
  type ModelSource,
  mergeScans,
  type Repository,
  type RepositoryOptions,
  type RepositoryScan,
  scanSettled,
  scanWithComposing,
} from '../repository/index.js';
import { HeldModels, type Hold } from './held-models.js';
import { type LoadOptions, LoadOverrides } from './load-overrides.js';
import { type LoadResult, LoadRound } from './load-round.js';

/** No model can have this name. */
const ALL_MODELS = '';
/** How long a load waits for files that are still being written. */
const MAX_SETTLE_WAIT_MS = 30_000;
/** How often polling tries the same files again whose runner dies while it loads them. */
const MAX_POLL_TRIES = 5;
/** Models that exist in no repository and failed to load, as the index shows them. */
const MAX_FAILED_UPLOADS = 256;

export interface ModelControllerOptions {
  readonly repository: Repository;
  readonly engine: Engine;
  readonly options: RepositoryOptions;
  readonly clock: Clock;
  readonly events: EventBus;
}

/**
 * Keeps what is loaded in step with what the repositories hold and what was asked for. Loads of
 * one model run one after the other, and so do full scans; a version whose files have not changed is left alone.
 */
export class ModelController {
  readonly #setup: ModelControllerOptions;
  /** What was loaded last, or tried to: a version that failed is not tried again until its files change. */
  #known: readonly ModelSource[] = [];
  /** The last thing in turn for each model; full scans queue under ALL_MODELS. */
  readonly #turns = new Map<string, Promise<unknown>>();
  readonly #overrides: LoadOverrides;
  /** Models whose uploaded files could not be loaded; the last ones stay in the index. */
  readonly #failedUploads = new Set<string>();
  /** How often the files of a version were tried whose load failed for a reason that may pass; by name and version. */
  readonly #pollTries = new Map<string, { readonly fingerprint: string; readonly tries: number }>();
  /** Models that were only loaded because an ensemble is made of them. */
  readonly #broughtAlong = new Set<string>();
  readonly #held = new HeldModels();
  #timer: Timer | undefined;
  #started = false;
  #closed = false;

  constructor(setup: ModelControllerOptions) {
    this.#setup = setup;
    this.#overrides = new LoadOverrides(setup.clock);
  }

  /** Every model asked for at start is ready or has failed. */
  get started(): boolean {
    return this.#started;
  }

  /** Loads what the control mode says; rejects only in `strict` mode, with everything that did not load. */
  async start(): Promise<void> {
    const { options } = this.#setup;
    await this.#inTurn(ALL_MODELS, async (hold) => {
      const failures = await this.#loadAtStart(hold);
      if (options.strict && failures.length > 0) {
        throw new MillraceError('failed_precondition', `models failed to load: ${failures.join('; ')}`);
      }
    });
    this.#started = true;
    if (options.controlMode === 'poll') this.#schedulePoll();
  }

  /**
   * Loads one model's selected versions, changed or not, and unloads the others; before an ensemble the models that it
   * is made of, where they are not served. A configuration that was given with an earlier load counts until the model is
   * unloaded or its own is written anew, as in Triton. Rejects when a version of the model itself fails.
   */
  load(name: string, options: LoadOptions): Promise<readonly ModelInfo[]> {
    return this.#inTurn(name, (hold) => this.#load(name, options, hold));
  }

  /**
   * Refuses new requests for all versions; resolves then, while accepted requests finish behind it. A version that is
   * still loading is unloaded as soon as it is there; a model that an ensemble needs which is being loaded, once that load
   * is over. `withComposing`: so are the models that came only with it.
   */
  async unload(name: string, { withComposing = false }: { readonly withComposing?: boolean } = {}): Promise<void> {
    for (let loads = this.#held.loadsWith(name); loads !== undefined; loads = this.#held.loadsWith(name)) await loads;
    const statuses = this.#setup.engine.statusesOf(name);
    if (statuses.length === 0) throw new MillraceError('not_found', `there is no model '${name}'`);
    const composing = withComposing ? statuses.flatMap(({ info }) => (info ? composingModels(info.source) : [])) : [];
    this.#unloadVersions(name);
    for (const part of composing) {
      const orphaned = this.#broughtAlong.has(part) && this.#isServed(part) && !this.#isNeeded(part);
      if (orphaned) await this.unload(part, { withComposing });
    }
  }

  #unloadVersions(name: string): void {
    this.#broughtAlong.delete(name);
    this.#overrides.forget(name);
    for (const { version, info, state } of this.#setup.engine.statusesOf(name)) {
      const onItsWay = state.kind === 'loading' || state.kind === 'warming';
      if (info !== undefined || onItsWay) this.#unloadInBackground(name, version, 'unloaded');
    }
  }

  /** Loads a model again whose files have changed under a runner that has to start anew; rejects when it cannot. */
  async reload(name: string): Promise<void> {
    const before = this.#generations(name);
    try {
      await this.#inTurn(name, async (hold) => {
        if (this.#closed) throw new MillraceError('unavailable', 'the server is shutting down');
        // Another load has come before it.
        if (this.#generations(name) !== before) return;
        if (this.#overrides.isUploaded(name)) {
          throw new MillraceError('failed_precondition', 'they came with a load request, and are gone; load it again');
        }
        await this.#load(name, {}, hold);
      });
    } catch (error) {
      const message = `model '${name}' could not be loaded again from its changed files`;
      this.#setup.events.publish('diagnostic', { level: 'error', room: 'service', message, error });
      throw error;
    }
  }

  /** Ends polling and waits for the scan and the loads in progress. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.clear();
    await Promise.all(this.#turns.values());
    await this.#setup.repository.close();
  }

  async #load(name: string, options: LoadOptions, hold: Hold): Promise<readonly ModelInfo[]> {
    const given = this.#overrides.complete(name, options);
    const own = await scanSettled(this.#setup.repository, { ...given, name }, this.#patience());
    if (own.sources.length === 0) throw nothingToLoad(name, own);
    const others = await this.#scanComposing(own.sources, hold);
    this.#reportMissing(
      others,
      missingOf(own.sources, others.names).filter((part) => !this.#isServed(part)),
    );
    const round = this.#createRound();
    this.#remember(others.names, others.sources);
    for (const part of others.names) this.#broughtAlong.add(part);
    const results = round.add([...others.sources, ...own.sources]);
    const infos = await Promise.all(results.slice(others.sources.length));
    const failed = infos.filter((info): info is MillraceError => info instanceof MillraceError);
    if (failed[0] !== undefined) {
      if (options.fileOverrides !== undefined) this.#noteFailedUpload(name);
      const reasons = failed.map((error) => error.message).join('; ');
      throw invalidArgument(`model '${name}' failed to load: ${reasons}`, { cause: failed[0] });
    }
    const ofModel = this.#known.filter((source) => source.name === name);
    const { removed, sources } = diffScan(ofModel, own);
    this.#remember([name], sources);
    this.#broughtAlong.delete(name);
    this.#retire(removed, own, name);
    this.#overrides.keep(name, given);
    return infos as readonly ModelInfo[];
  }

  #generations(name: string): string {
    return this.#setup.engine
      .serving(name)
      .map(({ ref }) => ref.generation)
      .join();
  }

  /** Names of uploads are anybody's choice: the index must not grow with them. */
  #noteFailedUpload(name: string): void {
    this.#failedUploads.delete(name);
    this.#failedUploads.add(name);
    const [oldest] = this.#failedUploads;
    if (oldest === undefined || this.#failedUploads.size <= MAX_FAILED_UPLOADS) return;
    this.#failedUploads.delete(oldest);
    const { engine } = this.#setup;
    for (const { version, state } of engine.statusesOf(oldest)) {
      if (state.kind === 'failed') engine.forget(oldest, version);
    }
  }

  #patience() {
    return { clock: this.#setup.clock, maxWaitMs: MAX_SETTLE_WAIT_MS, stopped: () => this.#closed };
  }

  #inTurn<Result>(name: string, work: (hold: Hold) => Promise<Result>): Promise<Result> {
    const turn = () => this.#held.during(work);
    const result = (this.#turns.get(name) ?? Promise.resolve()).then(turn, turn);
    const over = result
      .catch(() => undefined)
      .then(() => {
        if (this.#turns.get(name) === over) this.#turns.delete(name);
      });
    this.#turns.set(name, over);
    return result;
  }

  /** Loads what the control mode says; returns what did not load, as sentences. */
  #loadAtStart(hold: Hold): Promise<readonly string[]> {
    const { repository, options } = this.#setup;
    if (options.controlMode !== 'explicit' || options.loadModels.includes('*'))
      return this.#loadAll(repository, [], hold);
    const names = options.loadModels;
    if (names.length === 0) return Promise.resolve([]);
    return this.#loadAll({ scan: () => scanWithComposing(repository, names, () => false) }, names, hold);
  }

  /** Loads everything that a scan finds; returns what did not load, as sentences. */
  async #loadAll(place: Pick<Repository, 'scan'>, wanted: readonly string[], hold: Hold): Promise<readonly string[]> {
    const first = await place.scan();
    hold(first.sources.flatMap(composingModels));
    const round = this.#createRound();
    // Nobody waits for the files of others but ensembles.
    round.add(first.sources.filter(isPlain));
    const scan = first.unsettled.length === 0 ? first : await scanSettled(place, {}, this.#patience());
    const { added, changed, sources } = diffScan(first.sources, scan);
    const late = [...added, ...changed.map(({ to }) => to)];
    this.#remember(scan.names, sources);
    const failures = scan.problems.map(({ name, reason }) => `${name}: ${reason}`);
    for (const { name, version } of scan.unsettled) {
      const reason = 'its files are still changing';
      this.#setup.engine.reportFailure(name, version, reason);
      failures.push(`${name}: ${reason}`);
    }
    const missing = wanted.length === 0 ? [] : [...wanted, ...missingOf(scan.sources, scan.names)];
    failures.push(
      ...this.#reportMissing(
        scan,
        missing.filter((name) => !scan.names.includes(name)),
      ),
    );
    for (const name of scan.names) if (wanted.length > 0 && !wanted.includes(name)) this.#broughtAlong.add(name);
    const replaced = new Set(changed.map(({ from }) => from));
    round.add([...late, ...first.sources.filter((source) => !isPlain(source) && !replaced.has(source))]);
    for (const { source, result } of await round.results()) {
      if (result instanceof MillraceError) failures.push(`${source.name}: ${result.message}`);
    }
    return failures;
  }

  /** What the ensembles among these are made of, as far as it is not served. */
  #scanComposing(sources: readonly ModelSource[], hold: Hold): Promise<RepositoryScan> {
    const composing = [...new Set(sources.flatMap(composingModels))];
    hold(composing);
    const names = composing.filter((name) => !this.#isServed(name));
    if (names.length === 0) return Promise.resolve(mergeScans([]));
    const { repository } = this.#setup;
    const own = new Set(sources.map(({ name }) => name));
    const skip = (name: string) => {
      hold([name]);
      return own.has(name) || this.#isServed(name);
    };
    return scanSettled({ scan: () => scanWithComposing(repository, names, skip) }, {}, this.#patience());
  }

  #createRound(): LoadRound {
    const round: LoadRound = new LoadRound({
      load: (source) => this.#loadSource(source, round),
      known: () => this.#known,
      refuse: (source, { message }) => this.#refuse(source, message),
    });
    return round;
  }

  #refuse({ name, version }: ModelSource, reason: string): void {
    const { engine, events } = this.#setup;
    engine.reportFailure(name, version, reason);
    if (!engine.serving(name).some(({ ref }) => ref.version === version)) return;
    const message = `model '${name}/${version}' cannot be loaded again and serves on as it was: ${reason}`;
    events.publish('diagnostic', { level: 'error', room: 'service', message });
  }

  #remember(names: readonly string[], sources: readonly ModelSource[]): void {
    this.#known = [...this.#known.filter(({ name }) => !names.includes(name)), ...sources];
  }

  #isServed(name: string): boolean {
    return this.#setup.engine.serving(name).length > 0;
  }

  /** Whether a served ensemble is made of it. */
  #isNeeded(name: string): boolean {
    return this.#setup.engine.statuses().some(({ info }) => info && composingModels(info.source).includes(name));
  }

  async #loadSource(source: ModelSource, round: LoadRound): Promise<LoadResult> {
    const { engine } = this.#setup;
    const before = this.#facts(source.name);
    const result = await engine.load(source).catch(toMillraceError);
    if (result instanceof MillraceError && result.code === 'unavailable') this.#letPollTryAgain(source);
    else this.#pollTries.delete(idOf(source));
    if (this.#facts(source.name) !== before) await this.#renewEnsembles(source.name, round);
    return result;
  }

  /** Its load has failed for a reason that may pass, such as the death of the runner: to the next scans its files have changed. */
  #letPollTryAgain(source: ModelSource): void {
    const { name, version, fingerprint } = source;
    const before = this.#pollTries.get(idOf(source));
    const tries = before?.fingerprint === fingerprint ? before.tries + 1 : 1;
    this.#pollTries.set(idOf(source), { fingerprint, tries });
    if (tries > MAX_POLL_TRIES) return;
    this.#known = this.#known.map((known) => {
      const same = known.name === name && known.version === version && known.fingerprint === fingerprint;
      return same ? { ...known, fingerprint: '' } : known;
    });
  }

  /** What of a model an ensemble is checked against. */
  #facts(name: string): string {
    const served = this.#setup.engine.serving(name);
    return JSON.stringify(
      served.map(({ ref, signature, maxBatchSize, decoupled }) => [ref.version, signature, maxBatchSize, decoupled]),
    );
  }

  /** Loads ensembles again that are made of a model that has changed, or has come back; their failures are their own. */
  async #renewEnsembles(name: string, round: LoadRound): Promise<void> {
    const { engine } = this.#setup;
    const tried = (source: ModelSource) =>
      engine.statusesOf(source.name).some(({ version, state }) => version === source.version && isSettled(state));
    const affected = this.#known.filter(
      (source) => composingModels(source).includes(name) && tried(source) && !round.has(source),
    );
    await Promise.all(affected.map((source) => this.#loadSource(source, round)));
  }

  #report(scan: RepositoryScan): void {
    for (const { name, version, reason } of scan.problems) this.#setup.engine.reportFailure(name, version ?? 0, reason);
  }

  /** Problems of a scan, and names that it found nothing under; returns the latter as sentences. */
  #reportMissing(scan: RepositoryScan, missing: readonly string[]): readonly string[] {
    this.#report(scan);
    const reason = 'no repository has such a model';
    for (const name of missing) this.#setup.engine.reportFailure(name, 0, reason);
    return missing.map((name) => `${name}: ${reason}`);
  }

  #schedulePoll(): void {
    if (this.#closed) return;
    this.#timer = this.#setup.clock.setTimer(this.#setup.options.pollIntervalMs, () => {
      this.#inTurn(ALL_MODELS, () => this.#poll())
        .catch((error: unknown) => {
          const message = 'a scan of the repositories failed';
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
    const round = this.#createRound();
    round.add([...added, ...changed.map(({ to }) => to)]);
    await round.results();
    const kept = removed.filter(({ name }) => this.#hasFailed(name, sources));
    this.#known = [...this.#known, ...kept];
    this.#retire(
      removed.filter((source) => !kept.includes(source)),
      scan,
    );
  }

  /** One of the selected versions is not there, so that those before it have to serve on, as in Triton. */
  #hasFailed(name: string, selected: readonly ModelSource[]): boolean {
    return this.#setup.engine
      .statusesOf(name)
      .some(
        ({ version, state }) =>
          state.kind === 'failed' && selected.some((source) => source.name === name && source.version === version),
      );
  }

  /** Unloads what a scan no longer selects, and takes out of the index what is neither there nor loaded any more. */
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
      if (mended && !there) {
        engine.forget(status.name, status.version);
        this.#pollTries.delete(`${status.name}/${status.version}`);
      }
    }
  }

  #unloadInBackground(name: string, version: number, reason: string): void {
    this.#setup.engine.unload(name, version, reason).catch((error: unknown) => {
      const message = `unloading version ${version} of model '${name}' failed`;
      this.#setup.events.publish('diagnostic', { level: 'error', room: 'service', message, error });
    });
  }
}

function idOf({ name, version }: ModelSource): string {
  return `${name}/${version}`;
}

function isPlain(source: ModelSource): boolean {
  return composingModels(source).length === 0;
}

/** Names of models that ensembles are made of and that are not among `names`. */
function missingOf(ensembles: readonly ModelSource[], names: readonly string[]): readonly string[] {
  return [...new Set(ensembles.flatMap(composingModels))].filter((name) => !names.includes(name));
}

/** Its load is over, one way or the other. */
function isSettled({ kind }: ModelState): boolean {
  return kind === 'ready' || kind === 'recovering' || kind === 'failed';
}

function nothingToLoad(name: string, scan: RepositoryScan): MillraceError {
  const problem = scan.problems.find((candidate) => candidate.name === name);
  if (problem !== undefined) {
    return invalidArgument(`model '${name}' failed to load: ${problem.reason}`);
  }
  if (scan.unsettled.some((version) => version.name === name)) {
    return new MillraceError('unavailable', `the files of model '${name}' are still changing; try again`, {
      retryAfterMs: 1_000,
    });
  }
  if (scan.names.includes(name)) {
    return invalidArgument(`model '${name}' has no version that its version policy selects`);
  }
  return new MillraceError('not_found', `no repository has a model '${name}'`);
}
