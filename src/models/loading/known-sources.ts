import type { ModelSource } from '../../repository/index.js';

/** How often polling tries the same files again whose runner dies while it loads them. */
const MAX_POLL_TRIES = 5;

/** The last source of each version, loaded or failed: a failed version is not tried again until its files change. */
export class KnownSources {
  #all: readonly ModelSource[] = [];
  /** How often the files of a version were tried whose load failed for a reason that may pass; by name and version. */
  readonly #tries = new Map<string, { readonly fingerprint: string; readonly tries: number }>();

  get all(): readonly ModelSource[] {
    return this.#all;
  }

  of(name: string): readonly ModelSource[] {
    return this.#all.filter((source) => source.name === name);
  }

  /** From now on these are known, and no others. */
  replace(sources: readonly ModelSource[]): void {
    this.#all = sources;
  }

  /** From now on these are known of the models with those names; of others, what was. */
  remember(names: readonly string[], sources: readonly ModelSource[]): void {
    this.#all = [...this.#all.filter(({ name }) => !names.includes(name)), ...sources];
  }

  /** To the next scan that finds them, the files of these have changed. */
  loadAgain(sources: readonly ModelSource[]): void {
    this.#all = this.#all.map((known) => (sources.includes(known) ? { ...known, fingerprint: '' } : known));
  }

  /** A load of it has succeeded, or failed for good. */
  settled(source: Pick<ModelSource, 'name' | 'version'>): void {
    this.#tries.delete(idOf(source));
  }

  /** Its load has failed for a reason that may pass, such as the death of the runner: to the next scans its files have changed. */
  letPollTryAgain(source: ModelSource): void {
    const { name, version, fingerprint } = source;
    const before = this.#tries.get(idOf(source));
    const tries = before?.fingerprint === fingerprint ? before.tries + 1 : 1;
    this.#tries.set(idOf(source), { fingerprint, tries });
    if (tries > MAX_POLL_TRIES) return;
    this.#all = this.#all.map((known) => {
      const same = known.name === name && known.version === version && known.fingerprint === fingerprint;
      return same ? { ...known, fingerprint: '' } : known;
    });
  }
}

function idOf({ name, version }: Pick<ModelSource, 'name' | 'version'>): string {
  return `${name}/${version}`;
}
