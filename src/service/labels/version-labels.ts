import type { EventBus } from '../../core/index.js';
import type { Engine } from '../../engine/index.js';

/** The label of the version that a bare name stands for. */
export const STABLE = 'stable';

const NO_LABELS: ReadonlyMap<string, number> = new Map();

/** Which version of a model each of its labels stands for. A label moves only to a version that serves. */
export class VersionLabels {
  readonly #engine: Pick<Engine, 'serving'>;
  readonly #events: EventBus;
  readonly #byModel = new Map<string, ReadonlyMap<string, number>>();

  constructor(engine: Pick<Engine, 'serving'>, events: EventBus) {
    this.#engine = engine;
    this.#events = events;
  }

  of(name: string): ReadonlyMap<string, number> {
    return this.#byModel.get(name) ?? NO_LABELS;
  }

  /**
   * Takes the labels that a model's configuration has now. One that stands for a serving version moves once the other one serves,
   * too; `isFinal`: nothing more is being loaded, so that one that cannot move is told of.
   */
  apply(name: string, wanted: Readonly<Record<string, number>>, { isFinal }: { readonly isFinal: boolean }): void {
    const before = this.of(name);
    const serves = (version: number) => this.#engine.serving(name).some(({ ref }) => ref.version === version);
    const labels = Object.entries(wanted).map(([label, version]): [string, number] => {
      const old = before.get(label);
      if (old === undefined || old === version || serves(version) || !serves(old)) return [label, version];
      if (isFinal) {
        const message = `label '${label}' of model '${name}' stays at version ${old}: version ${version} does not serve`;
        this.#events.publish('diagnostic', { level: 'warn', room: 'service', message });
      }
      return [label, old];
    });
    if (labels.length === 0) this.#byModel.delete(name);
    else this.#byModel.set(name, new Map(labels));
  }

  forget(name: string): void {
    this.#byModel.delete(name);
  }
}
