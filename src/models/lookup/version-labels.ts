import type { EventBus } from '../../core/index.js';
import type { Engine } from '../../engine/index.js';
import type { DeclaredLabelVersions } from '../../repository/index.js';

/** The label of the version that a bare name stands for. */
export const STABLE = 'stable';

const NO_LABELS: ReadonlyMap<string, number> = new Map();
const NONE: FileLabels = { labels: {}, places: {} };

/** The labels that the configuration of a model has. */
export interface FileLabels {
  readonly labels: Readonly<Record<string, number>>;
  /** By label, where it is written: `fraud/model.yaml:3:11`. */
  readonly places: Readonly<Record<string, string>>;
}

interface VersionLabelsSetup {
  readonly engine: Pick<Engine, 'serving'>;
  readonly events: EventBus;
  readonly declaredLabels: DeclaredLabelVersions;
}

/**
 * Which version of a model each of its labels stands for: those of its configuration, and those that were declared through the API. A
 * label moves only to a version that serves.
 */
export class VersionLabels {
  readonly #engine: Pick<Engine, 'serving'>;
  readonly #events: EventBus;
  readonly #byModel = new Map<string, ReadonlyMap<string, number>>();
  readonly #ofFiles = new Map<string, FileLabels>();
  readonly #declared: DeclaredLabelVersions;
  /** By model, what has been said of labels that files hide. */
  readonly #told = new Map<string, readonly string[]>();

  constructor({ engine, events, declaredLabels }: VersionLabelsSetup) {
    this.#engine = engine;
    this.#events = events;
    this.#declared = declaredLabels;
  }

  of(name: string): ReadonlyMap<string, number> {
    return this.#byModel.get(name) ?? NO_LABELS;
  }

  /** Where the configuration of a model has a label; undefined = it has none of that name. */
  placeOf(name: string, label: string): string | undefined {
    const { labels, places } = this.#ofFiles.get(name) ?? NONE;
    return Object.hasOwn(labels, label) ? (places[label] ?? `the configuration of model '${name}'`) : undefined;
  }

  /** Labels declared through the API. */
  declaredOf(name: string): Readonly<Record<string, number>> {
    return this.#declared.of(name);
  }

  /**
   * Takes the labels that a model's configuration has now. One that stands for a serving version moves once the other one serves,
   * too; `isFinal`: nothing more is being loaded, so that one that cannot move is told of.
   */
  apply(name: string, given: FileLabels, { isFinal }: { readonly isFinal: boolean }): void {
    if (Object.keys(given.labels).length === 0) this.#ofFiles.delete(name);
    else this.#ofFiles.set(name, given);
    this.#renew(name, isFinal);
  }

  /** Takes the labels of a model that are declared now, in one step; by another server perhaps, which serves other versions. */
  declare(name: string, labels: Readonly<Record<string, number>>): void {
    this.#declared.replace(name, labels);
    this.#renew(name, true);
  }

  /** Forgets the labels of a model's configuration; what was declared stays. */
  forget(name: string): void {
    this.#ofFiles.delete(name);
    this.#renew(name, false);
  }

  #renew(name: string, isFinal: boolean): void {
    const before = this.of(name);
    const serves = (version: number) => this.#engine.serving(name).some(({ ref }) => ref.version === version);
    const wanted = { ...this.declaredOf(name), ...(this.#ofFiles.get(name) ?? NONE).labels };
    const labels = Object.entries(wanted).map(([label, version]): [string, number] => {
      const old = before.get(label);
      if (old === undefined || old === version || serves(version) || !serves(old)) return [label, version];
      if (isFinal) {
        this.#warn(`label '${label}' of model '${name}' stays at version ${old}: version ${version} does not serve`);
      }
      return [label, old];
    });
    if (isFinal) this.#tellOfHidden(name);
    if (labels.length === 0) this.#byModel.delete(name);
    else this.#byModel.set(name, new Map(labels));
  }

  /** A file that was written later than something was declared comes first. Scans must not repeat that in the log. */
  #tellOfHidden(name: string): void {
    const hidden = Object.entries(this.declaredOf(name)).flatMap(([label, version]) => {
      const place = this.placeOf(name, label);
      if (place === undefined || this.#ofFiles.get(name)?.labels[label] === version) return [];
      return [`label '${label}' of model '${name}' was declared for version ${version}, but ${place} comes first`];
    });
    const before = this.#told.get(name) ?? [];
    for (const message of hidden) if (!before.includes(message)) this.#warn(message);
    if (hidden.length === 0) this.#told.delete(name);
    else this.#told.set(name, hidden);
  }

  #warn(message: string): void {
    this.#events.publish('diagnostic', { level: 'warn', room: 'service', message });
  }
}
