/** Labels that were declared through the API, by model: versions that have one are loaded. Those who declare keep it, the repository reads it. */
export class DeclaredLabelVersions {
  readonly #byModel = new Map<string, Readonly<Record<string, number>>>();

  /** Versions by label. */
  of(model: string): Readonly<Record<string, number>> {
    return this.#byModel.get(model) ?? NO_LABELS;
  }

  replace(model: string, labels: Readonly<Record<string, number>>): void {
    if (Object.keys(labels).length === 0) this.#byModel.delete(model);
    else this.#byModel.set(model, labels);
  }
}

const NO_LABELS: Readonly<Record<string, number>> = Object.freeze({});
