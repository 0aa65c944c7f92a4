import type { ModelMetadata } from './types.js';

export interface CachedMetadata {
  readonly metadata: ModelMetadata;
  /** It was fetched for this very question, so there is nothing newer. */
  readonly fresh: boolean;
}

/** A model's metadata, fetched when first asked for and kept; callers that ask at the same time share one request. */
export class MetadataCache {
  readonly #fetch: () => Promise<ModelMetadata>;
  #known: Promise<ModelMetadata> | undefined;

  constructor(fetch: () => Promise<ModelMetadata>) {
    this.#fetch = fetch;
  }

  async get(): Promise<CachedMetadata> {
    if (this.#known === undefined) return { metadata: await this.refresh(), fresh: true };
    return { metadata: await this.#known, fresh: false };
  }

  /** Takes what was fetched for another purpose. */
  learn(metadata: ModelMetadata): void {
    this.#known = Promise.resolve(metadata);
  }

  refresh(): Promise<ModelMetadata> {
    const pending = this.#fetch();
    this.#known = pending;
    pending.catch(() => {
      // The next caller tries again; this one gets the rejection from `pending`.
      if (this.#known === pending) this.#known = undefined;
    });
    return pending;
  }
}

/** Whether both describe the same inputs. */
export function sameInputs(one: ModelMetadata, other: ModelMetadata): boolean {
  const describe = ({ inputs }: ModelMetadata) =>
    JSON.stringify(inputs.map(({ name, datatype, shape }) => [name, datatype, shape]));
  return describe(one) === describe(other);
}
