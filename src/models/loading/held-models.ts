/** Names models that a load needs from now on. */
export type Hold = (names: readonly string[]) => void;

interface Load {
  readonly names: ReadonlySet<string>;
  readonly over: Promise<unknown>;
}

/** Models that loads under way depend on: they are not unloaded until those loads are over. */
export class HeldModels {
  readonly #loads = new Set<Load>();

  /** Runs a load, which names the models that it needs as soon as it knows them. */
  async during<Result>(work: (hold: Hold) => Promise<Result>): Promise<Result> {
    const names = new Set<string>();
    const result = work((more) => {
      for (const name of more) names.add(name);
    });
    const load: Load = { names, over: result.catch(() => undefined) };
    this.#loads.add(load);
    try {
      return await result;
    } finally {
      this.#loads.delete(load);
    }
  }

  /** Loads under way that need the model, as one promise that never rejects; undefined = there are none. */
  loadsWith(name: string): Promise<unknown> | undefined {
    const loads = [...this.#loads].filter(({ names }) => names.has(name));
    return loads.length === 0 ? undefined : Promise.all(loads.map(({ over }) => over));
  }
}
