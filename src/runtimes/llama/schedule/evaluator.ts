/** Evaluates tokens: llama.cpp's context, or a stand-in. */
export interface Evaluator {
  readonly slots: number;
  readonly contextTokens: number;
  /** Most tokens in all slots together; the step loop never asks for more. */
  readonly cacheTokens: number;
  readonly batchTokens: number;
  /** Adds a token to the batch; returns its place there. */
  add(entry: BatchEntry): number;
  /** `full`: there was no room for its tokens. */
  evaluate(): Promise<'done' | 'full' | 'aborted' | 'failed'>;
  /** Ends the evaluation that runs; nothing of it counts. */
  abort(): void;
  /** Forgets what a slot holds from there on; false where all of it is forgotten instead. */
  truncate(slot: number, length: number): boolean;
  /** Makes one slot hold what another one does. */
  copy(source: number, target: number): void;
}

/** A token of an evaluation. */
export interface BatchEntry {
  readonly token: number;
  /** How many tokens of its sequence come before it. */
  readonly position: number;
  readonly slot: number;
  readonly wantsLogits: boolean;
}
