import { SerialQueue } from '../async/index.js';
import { type EventBus, isOwnModel, type ModelRef, type ModelState } from '../core/index.js';
import type { Generation } from './generation/generation.js';
import type { ModelInfo, ModelStatus } from './types.js';

const NONE: readonly ModelInfo[] = [];

/** One version in the engine's index: what serves it now, and what became of the last attempt to load it. */
export interface VersionEntry {
  readonly name: string;
  readonly version: number;
  /** Serves requests. */
  current: Generation | undefined;
  /** Where the version stands while nothing serves it. */
  state: ModelState;
  /** The last generation's reference, for events. */
  ref: ModelRef;
  /** Loads and unloads of this version, which never overlap. */
  readonly changes: SerialQueue;
}

export function stateOf(entry: VersionEntry): ModelState {
  return entry.current?.state() ?? entry.state;
}

export function statusOf(entry: VersionEntry): ModelStatus {
  return { name: entry.name, version: entry.version, state: stateOf(entry), info: entry.current?.info };
}

/** Versions that were unloaded and stay in the index. */
const MAX_UNLOADED = 256;

/** The engine's versions by name and number, and their states. Lookups on the hot path read a list that is rebuilt on change only. */
export class VersionTable {
  readonly #events: EventBus;
  readonly #entries = new Map<string, Map<number, VersionEntry>>();
  /** In the order in which they went. */
  readonly #unloaded = new Set<VersionEntry>();
  readonly #serving = new Map<string, readonly ModelInfo[]>();
  #lastGeneration = 0;

  constructor(events: EventBus) {
    this.#events = events;
  }

  get(name: string, version: number): VersionEntry | undefined {
    return this.#entries.get(name)?.get(version);
  }

  /** The version's entry, which is made where there is none. */
  obtain(name: string, version: number): VersionEntry {
    const known = this.get(name, version);
    if (known !== undefined) return known;
    const state: ModelState = { kind: 'loading' };
    const ref = this.newRef(name, version);
    const entry: VersionEntry = { name, version, current: undefined, state, ref, changes: new SerialQueue() };
    const versions = this.#entries.get(name) ?? new Map<number, VersionEntry>();
    versions.set(version, entry);
    this.#entries.set(name, versions);
    return entry;
  }

  /** A reference to the next generation. */
  newRef(name: string, version: number): ModelRef {
    return { name, version, generation: ++this.#lastGeneration };
  }

  /** Lets a generation serve a version; undefined = none does. */
  serve(entry: VersionEntry, generation: Generation | undefined): void {
    entry.current = generation;
    const infos = this.of(entry.name).flatMap(({ current }) => current?.info ?? []);
    if (infos.length === 0) this.#serving.delete(entry.name);
    else this.#serving.set(entry.name, infos);
  }

  /** Versions of a model that serve requests; none of the server's own models. */
  serving(name: string): readonly ModelInfo[] {
    return isOwnModel(name) ? NONE : (this.#serving.get(name) ?? NONE);
  }

  setState(entry: VersionEntry, state: ModelState, error?: unknown): void {
    entry.state = state;
    this.publishState(entry, entry.ref, error === undefined ? {} : { error });
  }

  publishState(entry: VersionEntry, ref: ModelRef, more: { readonly loadMs?: number; readonly error?: unknown } = {}) {
    this.#events.publish('modelStateChanged', { ref, state: stateOf(entry), ...more });
  }

  /** Notes that a version is unloaded; the one that went before 256 others is forgotten. */
  unloaded(entry: VersionEntry): void {
    this.#unloaded.delete(entry);
    this.#unloaded.add(entry);
    for (const oldest of this.#unloaded) {
      const isBack = oldest.state.kind !== 'unloaded' || oldest.current !== undefined || oldest.changes.size > 1;
      if (!isBack && this.#unloaded.size <= MAX_UNLOADED) return;
      this.#unloaded.delete(oldest);
      if (!isBack && this.get(oldest.name, oldest.version) === oldest) this.delete(oldest.name, oldest.version);
    }
  }

  delete(name: string, version: number): void {
    const versions = this.#entries.get(name);
    versions?.delete(version);
    if (versions?.size === 0) this.#entries.delete(name);
  }

  /** Ascending by version. */
  of(name: string): readonly VersionEntry[] {
    return [...(this.#entries.get(name)?.values() ?? [])].sort((a, b) => a.version - b.version);
  }

  /** In order of name, then version; without the server's own models. */
  ofModels(): readonly VersionEntry[] {
    const names = [...this.#entries.keys()].filter((name) => !isOwnModel(name));
    return names.sort().flatMap((name) => this.of(name));
  }
}
