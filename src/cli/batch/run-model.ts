import type { AnswerBatch, BatchModel } from '../../batch-files/index.js';
import type { Settings } from '../../config/index.js';

/** The model of a run, wherever it is. */
export interface RunModel {
  readonly model: BatchModel;
  /** What answers requests by these outputs. */
  answers(outputs: readonly string[]): AnswerBatch;
  /** Requests that keep it busy. */
  readonly inFlight: number;
  /** Of the process that runs the model, where that is this one. */
  readonly settings: Settings | undefined;
  close(): Promise<void>;
}
