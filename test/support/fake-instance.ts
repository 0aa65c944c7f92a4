import type { Message, Tensor } from '../../src/core/index.js';
import {
  type Batch,
  type BatchTiming,
  type Description,
  type Emit,
  type Instance,
  RunnerDiedError,
} from '../../src/runtimes/index.js';

/** One batch that a fake instance was given, to be settled by the test. */
export interface GivenBatch {
  readonly batch: Batch;
  /** Passes answers on as they are, before the end of the batch. */
  readonly emit: Emit;
  /** Ends the batch without an answer. */
  end(): void;
  /** Answers every item with its own inputs, renamed to outputs, and ends the batch. */
  finish(): void;
  /** Answers one item of the batch with an error, all others with their inputs. */
  finishWithItemError(callId: number, message: string): void;
  /** The batch fails as a whole. */
  fail(error: Error): void;
}

const TIMING: BatchTiming = { computeInputMs: 1, computeInferMs: 2, computeOutputMs: 3 };

/** An instance of an identity model `x → y` whose batches end when the test says so. */
export class FakeInstance implements Instance {
  readonly description: Description;
  readonly id: string;
  readonly pid = 4242;
  readonly loadMs = 1;
  readonly exited: Promise<string>;
  readonly given: GivenBatch[] = [];
  readonly cancelled: number[] = [];
  readonly granted: { readonly callId: number; readonly answers: number }[] = [];
  closed = false;
  lastLoadAt = 0;
  #death: string | undefined;
  #exit: (reason: string) => void = () => undefined;
  readonly #rejects: { reject: (error: Error) => void; settled: boolean }[] = [];

  constructor(id: string, description: Description) {
    this.id = id;
    this.description = description;
    this.exited = new Promise((resolve) => {
      this.#exit = resolve;
    });
  }

  execute(batch: Batch, emit: Emit): Promise<BatchTiming> {
    if (this.#death !== undefined) return Promise.reject(new RunnerDiedError(this.#death, { started: false }));
    return new Promise((resolve, reject) => {
      const entry = { reject, settled: false };
      this.#rejects.push(entry);
      const settle = (work: () => void) => {
        if (entry.settled) return;
        entry.settled = true;
        work();
      };
      this.given.push({
        batch,
        emit,
        end: () => settle(() => resolve(TIMING)),
        finish: () =>
          settle(() => {
            emit(batch.items.map((item) => ({ callId: item.callId, outputs: echo(item.inputs), final: true })));
            resolve(TIMING);
          }),
        finishWithItemError: (callId, message) =>
          settle(() => {
            emit(
              batch.items.map((item) =>
                item.callId === callId
                  ? { callId, outputs: [], error: { code: 'internal', message }, final: true }
                  : { callId: item.callId, outputs: echo(item.inputs), final: true },
              ),
            );
            resolve(TIMING);
          }),
        fail: (error) => settle(() => reject(error)),
      });
    });
  }

  /** Why it is gone; undefined while it is not. */
  get death(): string | undefined {
    return this.#death;
  }

  /** The oldest batch that is not settled yet. */
  get running(): GivenBatch | undefined {
    const index = this.#rejects.findIndex((entry) => !entry.settled);
    return index === -1 ? undefined : this.given[index];
  }

  /** Batches that are not settled yet, oldest first. */
  get outstanding(): readonly GivenBatch[] {
    return this.given.filter((_batch, index) => this.#rejects[index]?.settled === false);
  }

  cancel(callId: number): void {
    this.cancelled.push(callId);
  }

  grant(callId: number, answers: number): void {
    this.granted.push({ callId, answers });
  }

  kill(reason: string | Message): void {
    this.die(String(reason));
  }

  /** The runner dies: what ran is lost with it, what was sent ahead never began. */
  die(reason: string, { overMemory = false } = {}): void {
    this.#death = `the runner died: ${reason}`;
    let started = this.description.concurrency;
    for (const entry of this.#rejects) {
      if (entry.settled) continue;
      entry.settled = true;
      entry.reject(new RunnerDiedError(this.#death, { started: started > 0, overMemory }));
      started--;
    }
    this.#exit(reason);
  }

  close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }
}

function echo(inputs: readonly Tensor[]): readonly Tensor[] {
  return inputs.map((tensor) => ({ ...tensor, name: tensor.name.replace('x', 'y') }));
}
