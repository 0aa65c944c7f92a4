import type { AnswerBatch, BatchModel, BatchPlan, ErrorLimit, OpenInput, RunState } from '../../batch-files/index.js';
import type { Settings } from '../../config/index.js';

/** The model of a run, wherever it is. */
export interface RunModel {
  readonly model: BatchModel;
  /** What answers one request after the other, by these outputs. */
  ask(outputs: readonly string[]): AnswerBatch;
  /** What answers those of a whole run. */
  answers(run: WholeRun): Promise<AnswerBatch>;
  /** Requests that keep it busy. */
  readonly inFlight: number;
  /** Of the process that runs the model, where that is this one. */
  readonly settings: Settings | undefined;
  close(): Promise<void>;
}

/** A run whose requests are to be answered. */
export interface WholeRun {
  readonly plan: BatchPlan;
  readonly outputs: readonly string[];
  readonly reader: OpenInput['reader'];
  readonly state: RunState;
  readonly maxErrors: ErrorLimit;
  readonly signal: AbortSignal;
  /** Prints JSON. */
  readonly json: boolean;
}
