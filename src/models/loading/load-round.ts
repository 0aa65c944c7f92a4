import { invalidArgument, type MillraceError } from '../../core/index.js';
import type { ModelInfo } from '../../engine/index.js';
import { composingModels, type ModelSource } from '../../repository/index.js';

export type LoadResult = ModelInfo | MillraceError;

export interface LoadRoundOptions {
  /** Never rejects. */
  readonly load: (source: ModelSource) => Promise<LoadResult>;
  /** Models that were loaded, or failed to load, outside the round: steps of its ensembles may be among them. */
  readonly known: () => readonly ModelSource[];
  /** Called for a version that no attempt can load. */
  readonly refuse: (source: ModelSource, reason: MillraceError) => void;
}

/** Loads that belong together: an ensemble waits for the models of the round that it is made of, ready or failed. */
export class LoadRound {
  readonly #options: LoadRoundOptions;
  readonly #sources: ModelSource[] = [];
  readonly #results = new Map<ModelSource, Promise<LoadResult>>();

  constructor(options: LoadRoundOptions) {
    this.#options = options;
  }

  /** Begins to load what comes to the round; ensembles must not come before the models that they are made of. */
  add(sources: readonly ModelSource[]): readonly Promise<LoadResult>[] {
    this.#sources.push(...sources);
    return sources.map((source) => this.#resultOf(source));
  }

  has(source: ModelSource): boolean {
    return this.#sources.includes(source);
  }

  /** Everything that has come to the round so far, once it is loaded or not. */
  async results(): Promise<readonly { readonly source: ModelSource; readonly result: LoadResult }[]> {
    return Promise.all([...this.#results].map(async ([source, loading]) => ({ source, result: await loading })));
  }

  #resultOf(source: ModelSource): Promise<LoadResult> {
    const known = this.#results.get(source);
    if (known !== undefined) return known;
    const result = this.#load(source);
    this.#results.set(source, result);
    return result;
  }

  #load(source: ModelSource): Promise<LoadResult> {
    const cycle = this.#cycleOf(source.name);
    if (cycle !== undefined) {
      const reason = invalidArgument(`ensembles are made of each other: ${cycle.join(' → ')}`);
      this.#options.refuse(source, reason);
      return Promise.resolve(reason);
    }
    const composing = composingModels(source);
    const awaited = this.#sources.filter(({ name }) => composing.includes(name));
    if (awaited.length === 0) return this.#options.load(source);
    return Promise.all(awaited.map((other) => this.#resultOf(other))).then(() => this.#options.load(source));
  }

  /** The way from a model back to itself, both ends included. */
  #cycleOf(start: string): readonly string[] | undefined {
    const seen = new Set<string>();
    const search = (name: string): readonly string[] | undefined => {
      const named = (source: ModelSource) => source.name === name;
      const sources = this.#sources.some(named) ? this.#sources : this.#options.known();
      const composing = sources.filter(named).flatMap(composingModels);
      if (composing.includes(start)) return [name, start];
      for (const next of composing) {
        if (seen.has(next)) continue;
        seen.add(next);
        const rest = search(next);
        if (rest !== undefined) return [name, ...rest];
      }
      return undefined;
    };
    return search(start);
  }
}
