import { inspect } from 'node:util';
import type { LoadedModel } from '../contract.js';
import { readStatistics } from '../statistics.js';
import { encodeStatistics } from './statistics-frame.js';

/** How often statistics are read while batches run that take longer. */
const INTERVAL_MS = 500;
const NOTHING: readonly Uint8Array[] = [];

export interface StatisticsReporterOptions {
  readonly modelKey: number;
  readonly model: LoadedModel;
  readonly write: (pieces: readonly Uint8Array[]) => void;
  readonly report: (level: 'warn', message: string) => void;
}

/** Tells the server what a model says of itself: with the end of each batch, and now and then while it is busy. */
export class StatisticsReporter {
  readonly #options: StatisticsReporterOptions;
  #last: Float64Array | undefined;
  #running = 0;
  #timer: NodeJS.Timeout | undefined;
  #failed = false;

  constructor(options: StatisticsReporterOptions) {
    this.#options = options;
  }

  begin(): void {
    this.#running++;
    this.#timer ??= setInterval(() => this.#options.write(this.#changed()), INTERVAL_MS);
  }

  /** A batch has ended; returns what goes behind its answers. */
  end(): readonly Uint8Array[] {
    this.#running--;
    if (this.#running === 0) this.close();
    return this.#changed();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** The frame to send; none where nothing has changed, or the model cannot say. */
  #changed(): readonly Uint8Array[] {
    const { modelKey, model, report } = this.#options;
    if (this.#failed) return NOTHING;
    try {
      const values = readStatistics(model);
      if (this.#last?.every((value, index) => Object.is(value, values[index]))) return NOTHING;
      this.#last = values;
      return [encodeStatistics(modelKey, values)];
    } catch (error) {
      this.#failed = true;
      report('warn', `statistics failed, and are asked for no more: ${inspect(error)}`);
      return NOTHING;
    }
  }
}
