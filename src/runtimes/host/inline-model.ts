import type { Message } from '../../core/index.js';
import type { Batch, BatchTiming, Emit } from '../batch.js';
import type { LoadedModel } from '../contract.js';
import type { Description } from '../description.js';
import type { Instance } from '../instance.js';
import { nameStatistics, readStatistics } from '../statistics.js';
import { CreditBook } from './credit-book.js';

/** A model in the serving thread: nothing can stop it, limit it or take its memory back. */
export class InlineModel implements Instance {
  readonly id: string;
  readonly pid = process.pid;
  readonly loadMs: number;
  readonly exited: Promise<string | Message> = new Promise(() => undefined);
  readonly #model: LoadedModel;
  readonly #credit: CreditBook | undefined;

  constructor(id: string, model: LoadedModel, loadMs: number) {
    this.id = id;
    this.#model = model;
    this.#credit = model.description.decoupled ? new CreditBook() : undefined;
    this.loadMs = loadMs;
  }

  get description(): Description {
    return this.#model.description;
  }

  execute(batch: Batch, emit: Emit): Promise<BatchTiming> {
    return this.#credit === undefined ? this.#model.execute(batch, emit) : this.#stream(batch, emit, this.#credit);
  }

  cancel(callId: number): void {
    this.#credit?.forget(callId);
    this.#model.cancel(callId);
  }

  grant(callId: number, answers: number): void {
    this.#credit?.grant(callId, answers);
  }

  /** Whoever asks has to be spared what is wrong with the model. */
  statistics(): Readonly<Record<string, number>> {
    try {
      return nameStatistics(this.description.statistics ?? [], readStatistics(this.#model));
    } catch {
      return {};
    }
  }

  close(): Promise<void> {
    return this.#model.close();
  }

  kill(_reason: string | Message): void {}

  async #stream(batch: Batch, emit: Emit, credit: CreditBook): Promise<BatchTiming> {
    credit.open(batch.items);
    try {
      return await this.#model.execute(batch, (emissions) => {
        emit(emissions);
        return credit.spend(emissions);
      });
    } finally {
      credit.close(batch.items);
    }
  }
}
