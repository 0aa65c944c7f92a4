import type { ToolCallDelta } from '../../../core/index.js';

/** A piece of an answer. */
export interface AnswerPiece {
  /** What the model says. */
  readonly content: string;
  /** What it thinks before. */
  readonly reasoning: string;
  readonly calls: readonly ToolCallDelta[];
}
