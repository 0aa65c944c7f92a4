import type { Batch } from '../batch.js';
import type { LoadedModel } from '../contract.js';
import { CreditBook } from './credit-book.js';
import type { ModelNames } from './execute-frame.js';
import type { Frame } from './frame.js';
import { NameTable } from './name-table.js';
import type { StatisticsReporter } from './statistics-reporter.js';

/** A batch in a runner that handles other frames meanwhile. */
export interface ServedBatch {
  readonly frame: Frame;
  readonly batch: Batch;
  /** Items that were cancelled before it began. */
  readonly cancelled: number[];
}

/** A model in a runner, and its batches where several of them may be there at a time. */
export class ServedModel {
  readonly model: LoadedModel;
  readonly names: ModelNames;
  /** Only of decoupled models. */
  readonly credit: CreditBook | undefined;
  /** Only of models that say something of themselves. */
  readonly statistics: StatisticsReporter | undefined;
  readonly #waiting: ServedBatch[] = [];
  #running = 0;

  constructor(model: LoadedModel, createReporter: (model: LoadedModel) => StatisticsReporter) {
    const { signature, decoupled, statistics = [] } = model.description;
    this.model = model;
    this.names = { inputs: new NameTable(signature.inputs), outputs: new NameTable(signature.outputs) };
    this.credit = decoupled ? new CreditBook() : undefined;
    this.statistics = statistics.length === 0 ? undefined : createReporter(model);
  }

  arrived(batch: ServedBatch): void {
    this.#waiting.push(batch);
  }

  /** The next batch to begin; undefined when none waits, or the model runs as many as it can. */
  next(): ServedBatch | undefined {
    if (this.#running >= this.model.description.concurrency) return undefined;
    const batch = this.#waiting.shift();
    if (batch !== undefined) this.#running++;
    return batch;
  }

  ended(): void {
    this.#running--;
  }

  cancel(callId: number): void {
    const waiting = this.#waiting.find(({ batch }) => batch.items.some((item) => item.callId === callId));
    if (waiting === undefined) {
      this.credit?.forget(callId);
      this.model.cancel(callId);
    } else {
      waiting.cancelled.push(callId);
    }
  }
}
