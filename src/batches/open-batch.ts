import { SerialQueue } from '../async/index.js';
import type { Timer } from '../core/index.js';
import type { BatchCheckpoint, NumberedBatch } from '../store/index.js';
import { endingOf } from './machine.js';
import { ModelPaused } from './run-line.js';

/** A batch that has not ended. */
export class OpenBatch {
  /** One change after the other. */
  readonly changes = new SerialQueue();
  /** As it is stored. */
  record: NumberedBatch;
  /** As it will be at the next checkpoint. */
  progress: BatchCheckpoint;
  /** While it runs. */
  run: { readonly controller: AbortController; readonly ended: Promise<void> } | undefined;
  /** Why it does not go on. */
  trouble: string | undefined;
  /** Attempts to go on that have failed one after the other. */
  failures = 0;
  /** It waits after a failure. */
  isResting = false;
  /** It waits until this model is resumed. */
  pausedModel: string | undefined;
  expiry: Timer | undefined;

  constructor(record: NumberedBatch) {
    this.record = record;
    this.progress = record.checkpoint;
  }

  /** It may have a turn. */
  get isWaiting(): boolean {
    return this.run === undefined && !this.isResting && !this.isHeld;
  }

  /** Its model is paused. A batch that was cancelled or has expired runs no more requests, and so does not wait. */
  get isHeld(): boolean {
    return this.pausedModel !== undefined && endingOf(this.record) === undefined;
  }

  get owner(): string {
    return this.record.owner;
  }

  /** The batch waits for its model to be resumed. The audit trail says who has paused it. */
  hold(model: string): void {
    this.pausedModel = model;
    this.trouble = new ModelPaused(model).message;
  }

  /** The model is paused no more. */
  resume(): void {
    this.pausedModel = undefined;
    this.trouble = undefined;
  }
}
