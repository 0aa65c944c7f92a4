import { type EventBus, groupBy, type ModelState } from '../../core/index.js';
import type { Engine } from '../../engine/index.js';
import {
  composingModels,
  type ModelSource,
  type RepositoryScan,
  type UnselectedVersion,
} from '../../repository/index.js';
import type { ModelAliases } from '../lookup/model-aliases.js';
import type { VersionLabels } from '../lookup/version-labels.js';
import type { KnownSources } from './known-sources.js';

/** Models that exist in no repository and failed to load, as the index shows them. */
const MAX_FAILED_UPLOADS = 256;

interface ModelIndexSetup {
  readonly engine: Engine;
  readonly events: EventBus;
  readonly known: KnownSources;
  readonly labels: Pick<VersionLabels, 'forget'>;
  readonly aliases: Pick<ModelAliases, 'forget'>;
}

/** The engine's list of models: keeps it in step with scans, and answers questions of loads. */
export class ModelIndex {
  readonly #setup: ModelIndexSetup;
  /** Models whose uploaded files could not be loaded; the last ones stay in the index. */
  readonly #failedUploads = new Set<string>();
  readonly #unselected = new Map<string, readonly UnselectedVersion[]>();

  constructor(setup: ModelIndexSetup) {
    this.#setup = setup;
  }

  isServed(name: string): boolean {
    return this.#setup.engine.serving(name).length > 0;
  }

  /** Whether this version answers requests. */
  serves({ name, version }: ModelSource): boolean {
    return this.#setup.engine.serving(name).some(({ ref }) => ref.version === version);
  }

  /** Whether a served ensemble is made of it. */
  isNeeded(name: string): boolean {
    return this.#setup.engine.statuses().some(({ info }) => info && composingModels(info.source).includes(name));
  }

  /** The generations that serve a model, as a value to compare. */
  generations(name: string): string {
    return this.#setup.engine
      .serving(name)
      .map(({ ref }) => ref.generation)
      .join();
  }

  /** The properties of a model that ensembles are checked against, as a value to compare. */
  facts(name: string): string {
    const served = this.#setup.engine.serving(name);
    return JSON.stringify(
      served.map(({ ref, signature, maxBatchSize, decoupled }) => [ref.version, signature, maxBatchSize, decoupled]),
    );
  }

  /** Whether a load of the version is over, one way or the other. */
  wasTried({ name, version }: ModelSource): boolean {
    return this.#setup.engine.statusesOf(name).some((status) => status.version === version && isSettled(status.state));
  }

  /** Whether one of the selected versions of a model is not there, so that those before it have to serve on, as in Triton. */
  hasFailed(name: string, selected: readonly ModelSource[]): boolean {
    return this.#setup.engine
      .statusesOf(name)
      .some(
        ({ version, state }) =>
          state.kind === 'failed' && selected.some((source) => source.name === name && source.version === version),
      );
  }

  /** Shows the problems that a scan has found. */
  report({ problems }: RepositoryScan): void {
    for (const { name, version, reason } of problems) this.#setup.engine.reportFailure(name, version ?? 0, reason);
  }

  /** Remembers the versions on disk that a scan of these models did not select. */
  noteUnselected({ names, unselected }: Pick<RepositoryScan, 'names' | 'unselected'>): void {
    for (const name of names) this.#unselected.delete(name);
    for (const [name, versions] of groupBy(unselected, (version) => version.name)) this.#unselected.set(name, versions);
  }

  /** Versions of a loaded model that are on disk, but not selected. */
  unselected(name: string): readonly UnselectedVersion[] {
    return this.#unselected.get(name) ?? [];
  }

  /** Shows that there are no such models; returns so, as sentences. */
  reportMissing(names: readonly string[]): readonly string[] {
    const reason = 'no repository has such a model';
    for (const name of names) this.#setup.engine.reportFailure(name, 0, reason);
    return names.map((name) => `${name}: ${reason}`);
  }

  /** A version cannot be loaded whatever is tried. */
  refuse({ name, version }: ModelSource, reason: string): void {
    const { engine, events } = this.#setup;
    engine.reportFailure(name, version, reason);
    if (!engine.serving(name).some(({ ref }) => ref.version === version)) return;
    const message = `model '${name}/${version}' cannot be loaded again and serves on as it was: ${reason}`;
    events.publish('diagnostic', { level: 'error', room: 'service', message });
  }

  /** Callers choose the names of uploads: the index must not grow with them. */
  noteFailedUpload(name: string): void {
    this.#failedUploads.delete(name);
    this.#failedUploads.add(name);
    const [oldest] = this.#failedUploads;
    if (oldest === undefined || this.#failedUploads.size <= MAX_FAILED_UPLOADS) return;
    this.#failedUploads.delete(oldest);
    const { engine } = this.#setup;
    for (const { version, state } of engine.statusesOf(oldest)) {
      if (state.kind === 'failed') this.#forget(oldest, version);
    }
  }

  /** Unloads all versions of a model, also those that are still loading. Resolves when they are gone; never rejects. */
  async unload(name: string): Promise<void> {
    const statuses = this.#setup.engine.statusesOf(name);
    const going = statuses.map(({ version, info, state }) => {
      const onItsWay = state.kind === 'loading' || state.kind === 'warming';
      return info !== undefined || onItsWay ? this.#unloadInBackground(name, version, 'unloaded') : undefined;
    });
    await Promise.all(going);
  }

  /** Unloads what a scan no longer selects. */
  unloadRemoved(removed: readonly ModelSource[]): void {
    for (const { name, version } of removed) {
      const loaded = this.#setup.engine.statusesOf(name).find((status) => status.version === version)?.info;
      if (loaded !== undefined) void this.#unloadInBackground(name, version, 'no longer selected');
    }
  }

  /**
   * Unloads what a scan no longer selects, and takes out of the index what is neither there nor loaded any more; of one model, or all.
   */
  retire(removed: readonly ModelSource[], scan: RepositoryScan, name?: string): void {
    const { engine, known } = this.#setup;
    this.unloadRemoved(removed);
    for (const status of name === undefined ? engine.statuses() : engine.statusesOf(name)) {
      const named = (item: { readonly name: string }) => item.name === status.name;
      const mended = status.state.kind === 'failed' && status.info === undefined && !scan.problems.some(named);
      const there = known.all.some((source) => named(source) && source.version === status.version);
      if (!mended || there) continue;
      this.#forget(status.name, status.version);
      known.settled(status);
    }
  }

  /** Labels and aliases go with the last version that is known of a model. */
  #forget(name: string, version: number): void {
    const { engine, labels, aliases } = this.#setup;
    engine.forget(name, version);
    if (engine.statusesOf(name).length > 0) return;
    labels.forget(name);
    aliases.forget(name);
    this.#unselected.delete(name);
  }

  #unloadInBackground(name: string, version: number, reason: string): Promise<void> {
    return this.#setup.engine.unload(name, version, reason).catch((error: unknown) => {
      const message = `unloading version ${version} of model '${name}' failed`;
      this.#setup.events.publish('diagnostic', { level: 'error', room: 'service', message, error });
    });
  }
}

function isSettled({ kind }: ModelState): boolean {
  return kind === 'ready' || kind === 'recovering' || kind === 'failed';
}
