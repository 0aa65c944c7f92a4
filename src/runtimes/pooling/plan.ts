import type { ModelTasks } from '../../core/index.js';

/** What the preparer of a model that reads texts knows of it. */
export interface PoolingPlan {
  /** One of those for models that read texts. */
  readonly tasks: ModelTasks;
  readonly maxInputTokens: number;
  readonly vocabularySize: number;
  /** Of requests that do not say. */
  readonly normalize: boolean;
  /** Of requests that do not say. Default: true. */
  readonly addsSpecialTokens?: boolean;
  /** A token that counts for nothing. Default: none. */
  readonly droppedToken?: number | undefined;
  /** By name. */
  readonly prompts: ReadonlyMap<string, string>;
  /** Of requests that name none; '' = none. */
  readonly defaultPrompt: string;
  /** By the kind of text that a request says; '' = none. */
  readonly inputPrompts: { readonly query: string; readonly document: string };
}
