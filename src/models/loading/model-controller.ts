import { MillraceError } from '../../core/index.js';
import type { ModelInfo } from '../../engine/index.js';
import { composingModels, type ModelSource, type UnselectedVersion } from '../../repository/index.js';
import type { ModelAliases } from '../lookup/model-aliases.js';
import type { VersionLabels } from '../lookup/version-labels.js';
import type { KeptRepository } from './kept-repositories.js';
import { loadAtStart } from './load-at-start.js';
import { loadModel } from './load-model.js';
import type { LoadOptions } from './load-overrides.js';
import { createParts, type LoadingParts, type ModelControllerOptions } from './parts.js';
import { Polling } from './polling.js';
import type { AskedPull } from './pull-missing.js';

/** How a model is unloaded; default: neither. */
interface UnloadOptions {
  readonly withComposing?: boolean;
  readonly untilGone?: boolean;
}

/**
 * Keeps what is loaded in step with what the repositories hold and what was asked for. Loads of
 * one model run one after the other, and so do full scans; a version whose files have not changed is left alone.
 */
export class ModelController {
  readonly #parts: LoadingParts;
  readonly #polling: Polling;
  #started = false;
  #closed = false;

  constructor(setup: ModelControllerOptions) {
    this.#parts = createParts(setup, { starting: () => !this.#started, closed: () => this.#closed });
    this.#polling = new Polling(this.#parts);
  }

  /** Every model asked for at start is ready or has failed. */
  get started(): boolean {
    return this.#started;
  }

  /** Which versions the labels of the models stand for. */
  get labels(): VersionLabels {
    return this.#parts.labels;
  }

  /** Further names of the models. */
  get aliases(): ModelAliases {
    return this.#parts.aliases;
  }

  /** Repositories whose last scan is not followed. */
  get keptRepositories(): readonly KeptRepository[] {
    return this.#parts.watch.kept;
  }

  /** Versions of a loaded model that are on disk, but not selected, as the last scan found them. */
  unselected(name: string): readonly UnselectedVersion[] {
    return this.#parts.index.unselected(name);
  }

  /** Files of a version as they were found last; undefined = none are known. */
  sourceOf(name: string, version: number): ModelSource | undefined {
    return this.#parts.known.of(name).find((source) => source.version === version);
  }

  /** Loads what the control mode says; rejects only in `strict` mode, with everything that did not load. */
  async start(): Promise<void> {
    const { options, turns } = this.#parts;
    await turns.takeAll(async (hold) => {
      const failures = await loadAtStart(this.#parts, hold);
      if (options.strict && failures.length > 0) {
        throw new MillraceError('failed_precondition', `models failed to load: ${failures.join('; ')}`);
      }
    });
    this.#started = true;
    if (options.controlMode === 'poll') this.#polling.start();
  }

  /**
   * Loads one model as {@link loadModel} does. A configuration that was given with an earlier load counts until the model is
   * unloaded or its own is written anew, as in Triton. `pull`: what of it is not there is pulled first.
   */
  load(name: string, options: LoadOptions, pull?: AskedPull): Promise<readonly ModelInfo[]> {
    return this.#parts.turns.take(name, (hold) => loadModel(this.#parts, { name, options, pull, hold }));
  }

  /**
   * Refuses new requests for all versions; resolves then, while accepted requests finish behind it. A version that is
   * still loading is unloaded as soon as it is there; a model that an ensemble needs which is being loaded, once that load
   * is over. A pull ends. `withComposing`: so are the models that came only with it. `untilGone`: resolves when what it took is free.
   */
  async unload(name: string, options: UnloadOptions = {}): Promise<void> {
    const { withComposing = false, untilGone = false } = options;
    const { engine, turns, index, overrides, labels, aliases, broughtAlong, pulls } = this.#parts;
    await turns.released(name);
    const statuses = engine.statusesOf(name);
    if (statuses.length === 0) throw new MillraceError('not_found', `there is no model '${name}'`);
    const composing = withComposing ? statuses.flatMap(({ info }) => (info ? composingModels(info.source) : [])) : [];
    pulls.get(name)?.abort(new MillraceError('cancelled', `model '${name}' was unloaded while it was pulled`));
    broughtAlong.delete(name);
    overrides.forget(name);
    labels.forget(name);
    aliases.forget(name);
    const gone = index.unload(name);
    for (const part of composing) {
      const orphaned = broughtAlong.has(part) && index.isServed(part) && !index.isNeeded(part);
      if (orphaned) await this.unload(part, options);
    }
    if (untilGone) await gone;
  }

  /** Loads a model again whose files have changed under a runner that has to start anew; rejects when it cannot. */
  async reload(name: string): Promise<void> {
    const { turns, index, overrides, events } = this.#parts;
    const before = index.generations(name);
    try {
      await turns.take(name, async (hold) => {
        if (this.#closed) throw new MillraceError('unavailable', 'the server is shutting down');
        // Another load has come before it.
        if (index.generations(name) !== before) return;
        if (overrides.isUploaded(name)) {
          throw new MillraceError('failed_precondition', 'they came with a load request, and are gone; load it again');
        }
        await loadModel(this.#parts, { name, options: {}, hold });
      });
    } catch (error) {
      const message = `model '${name}' could not be loaded again from its changed files`;
      events.publish('diagnostic', { level: 'error', room: 'service', message, error });
      throw error;
    }
  }

  /** Ends polling and pulls, and waits for the scan and the loads in progress. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#parts.puller.close();
    this.#polling.stop();
    await this.#parts.turns.over();
    await this.#parts.repository.close();
  }
}
