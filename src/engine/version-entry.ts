import type { SerialQueue } from '../async/index.js';
import type { ModelRef, ModelState } from '../core/index.js';
import type { Generation } from './generation/generation.js';
import type { ModelStatus } from './types.js';

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

/** The engine's versions by name and number. Lookups on the hot path read a list that is rebuilt on change only. */
export class VersionTable {
  readonly #entries = new Map<string, Map<number, VersionEntry>>();
  /** In the order in which they went. */
  readonly #unloaded = new Set<VersionEntry>();

  get(name: string, version: number): VersionEntry | undefined {
    return this.#entries.get(name)?.get(version);
  }

  set(entry: VersionEntry): void {
    const versions = this.#entries.get(entry.name) ?? new Map<number, VersionEntry>();
    versions.set(entry.version, entry);
    this.#entries.set(entry.name, versions);
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

  /** In order of name, then version. */
  all(): readonly VersionEntry[] {
    return [...this.#entries.keys()].sort().flatMap((name) => this.of(name));
  }
}
