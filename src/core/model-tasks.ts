import type { GenerationSpec } from './generation.js';
import type {
  ClassificationSpec,
  EmbeddingSpec,
  PoolingSpec,
  RankingSpec,
  SparseSpec,
  TokenClassificationSpec,
} from './pooling.js';

/** What models can be asked for besides inference. */
export const MODEL_TASKS = ['generate', 'embed', 'sparse', 'rank', 'classify', 'tokenClassify'] as const;
export type ModelTask = (typeof MODEL_TASKS)[number];

/** The tasks of a model, each with the facts that its callers need. */
export interface ModelTasks {
  readonly generate?: GenerationSpec;
  readonly embed?: EmbeddingSpec;
  readonly sparse?: SparseSpec;
  readonly rank?: RankingSpec;
  readonly classify?: ClassificationSpec;
  readonly tokenClassify?: TokenClassificationSpec;
}

/** The facts of a model that reads texts and gives numbers; undefined of any other. */
export function poolingSpecOf({ embed, sparse, rank, classify, tokenClassify }: ModelTasks): PoolingSpec | undefined {
  return embed ?? sparse ?? rank ?? classify ?? tokenClassify;
}
