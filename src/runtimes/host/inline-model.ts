import type { Batch, BatchTiming, Description, Emit, Instance, LoadedModel } from '../contract.js';

/** A model in the serving thread: nothing can stop it, limit it or take its memory back. */
export class InlineModel implements Instance {
  readonly id: string;
  readonly pid = process.pid;
  readonly loadMs: number;
  readonly exited: Promise<string> = new Promise(() => undefined);
  readonly #model: LoadedModel;

  constructor(id: string, model: LoadedModel, loadMs: number) {
    this.id = id;
    this.#model = model;
    this.loadMs = loadMs;
  }

  get description(): Description {
    return this.#model.description;
  }

  execute(batch: Batch, emit: Emit): Promise<BatchTiming> {
    return this.#model.execute(batch, emit);
  }

  cancel(callId: number): void {
    this.#model.cancel(callId);
  }

  close(): Promise<void> {
    return this.#model.close();
  }

  kill(_reason: string): void {}

  grant(_callId: number, _answers: number): void {}
}
