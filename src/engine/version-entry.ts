import type { ModelRef, ModelState } from '../core/index.js';
import type { Generation } from './generation.js';
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
  /** Ends when the last load or unload of this version has. */
  last: Promise<unknown>;
}

export function stateOf(entry: VersionEntry): ModelState {
  return entry.current?.state() ?? entry.state;
}

export function statusOf(entry: VersionEntry): ModelStatus {
  return { name: entry.name, version: entry.version, state: stateOf(entry), info: entry.current?.info };
}

/** The engine's versions by name and number. Lookups on the hot path read a list that is rebuilt on change only. */
export class VersionTable {
  readonly #entries = new Map<string, Map<number, VersionEntry>>();

  get(name: string, version: number): VersionEntry | undefined {
    return this.#entries.get(name)?.get(version);
  }

  set(entry: VersionEntry): void {
    const versions = this.#entries.get(entry.name) ?? new Map<number, VersionEntry>();
    versions.set(entry.version, entry);
    this.#entries.set(entry.name, versions);
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
