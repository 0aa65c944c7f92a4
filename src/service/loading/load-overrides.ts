import type { Clock } from '../../core/index.js';
import type { ScanOptions } from '../../repository/index.js';

/** What is asked of a load, but for the model's name. */
export type LoadOptions = Omit<ScanOptions, 'name'>;

/** A configuration that came with a load in place of the one on disk. */
interface Override {
  readonly config: string;
  /** Milliseconds of the wall clock. */
  readonly givenAt: number;
  /** Files came with it; they are not kept for a second load. */
  readonly uploaded: boolean;
}

/** Remembers the configurations that came with loads: they count until the model is unloaded, as in Triton. */
export class LoadOverrides {
  readonly #clock: Clock;
  readonly #byName = new Map<string, Override>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What is to be loaded: what is asked for now or, where that brings nothing, what was given before. */
  complete(name: string, asked: LoadOptions): LoadOptions {
    const before = this.#byName.get(name);
    if (asked.configOverride !== undefined || before === undefined || before.uploaded) return asked;
    return { ...asked, configOverride: before.config, configOverrideAt: before.givenAt };
  }

  /** Notes what a model was loaded with. */
  keep(name: string, { configOverride, configOverrideAt, fileOverrides }: LoadOptions): void {
    if (configOverride === undefined) {
      this.forget(name);
      return;
    }
    const givenAt = configOverrideAt ?? this.#clock.wallNow();
    this.#byName.set(name, { config: configOverride, givenAt, uploaded: fileOverrides !== undefined });
  }

  forget(name: string): void {
    this.#byName.delete(name);
  }

  /** Whether a model was loaded from files that came with its load. */
  isUploaded(name: string): boolean {
    return this.#byName.get(name)?.uploaded === true;
  }
}
