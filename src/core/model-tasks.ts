import type { GenerationSpec } from './generation.js';
import type { ClassificationSpec, EmbeddingSpec, RankingSpec } from './pooling.js';

/** What models can be asked for besides inference. */
export const MODEL_TASKS = ['generate', 'embed', 'rank', 'classify'] as const;
export type ModelTask = (typeof MODEL_TASKS)[number];

/** The tasks of a model, each with the facts that its callers need. */
export interface ModelTasks {
  readonly generate?: GenerationSpec;
  readonly embed?: EmbeddingSpec;
  readonly rank?: RankingSpec;
  readonly classify?: ClassificationSpec;
}
