import type { Clock } from '../../core/index.js';
import type { ScanOptions, VersionChoice } from '../../repository/index.js';

/** Parameters of a load, without the model's name. */
export type LoadOptions = Omit<ScanOptions, 'name'>;

/** A configuration that came with a load in place of the one on disk. */
interface Override {
  readonly config: string;
  /** Milliseconds of the wall clock. */
  readonly givenAt: number;
  /** Files came with it; they are not kept for a second load. */
  readonly uploaded: boolean;
}

/** Place and configuration given with the last load of a model. */
interface Given {
  readonly override: Override | undefined;
  /** Where it lies, if it was not found by its name. */
  readonly from: string | undefined;
  readonly choice: VersionChoice | undefined;
}

/** Remembers the places and configurations that came with loads: they count until the model is unloaded, as in Triton. */
export class LoadOverrides {
  readonly #clock: Clock;
  readonly #byName = new Map<string, Given>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Place and configuration of a load: those given now, else those given before. */
  complete(name: string, asked: LoadOptions): LoadOptions {
    const { override, from, choice } = this.#byName.get(name) ?? {};
    const there = asked.from !== undefined || from === undefined ? asked : { ...asked, from };
    const placed = asked.choice !== undefined || choice === undefined ? there : { ...there, choice };
    if (asked.configOverride !== undefined || override === undefined || override.uploaded) return placed;
    return { ...placed, configOverride: override.config, configOverrideAt: override.givenAt };
  }

  /** Notes what a model was loaded with. */
  keep(name: string, { from, choice, configOverride, configOverrideAt, fileOverrides }: LoadOptions): void {
    if (configOverride === undefined && from === undefined && choice === undefined) {
      this.forget(name);
      return;
    }
    const givenAt = configOverrideAt ?? this.#clock.wallNow();
    const override =
      configOverride === undefined
        ? undefined
        : { config: configOverride, givenAt, uploaded: fileOverrides !== undefined };
    this.#byName.set(name, { override, from, choice });
  }

  forget(name: string): void {
    this.#byName.delete(name);
  }

  /** Whether a model was loaded from files that came with its load. */
  isUploaded(name: string): boolean {
    return this.#byName.get(name)?.override?.uploaded === true;
  }
}
