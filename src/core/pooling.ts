/** What all models that read texts and give numbers have. */
export interface PoolingSpec {
  /** Most tokens of a text, or of a pair of texts, with its special tokens. */
  readonly maxInputTokens: number;
  /** Token ids are below it. */
  readonly vocabularySize: number;
}

/** A model that makes of each text a vector. */
export interface EmbeddingSpec extends PoolingSpec {
  /** Elements of a vector. */
  readonly dimensions: number;
  /** How the vectors of tokens become that of the text; `graph` = the model file does it. */
  readonly pooling: (typeof EMBEDDING_POOLINGS)[number];
  /** Names of the prompts that can be put before a text. */
  readonly prompts: readonly string[];
  /** It can give the vectors of all tokens (`pooling: none`). */
  readonly tokenVectors: boolean;
}

export const EMBEDDING_POOLINGS = ['mean', 'cls', 'lasttoken', 'graph'] as const;

/** A model that makes of each text a weight for each token of its vocabulary, most of them 0 (SPLADE). */
export interface SparseSpec extends PoolingSpec {
  /** Names of the prompts that can be put before a text. */
  readonly prompts: readonly string[];
}

/** A model that says how well texts answer a query (a cross-encoder). */
export interface RankingSpec extends PoolingSpec {}

/** A model that says which class each token of a text belongs to, such as the names in it. */
export interface TokenClassificationSpec extends PoolingSpec {
  /** Names of the classes, by index. */
  readonly labels: readonly string[];
}

/** A model that says which classes a text, or a pair of texts, belongs to. */
export interface ClassificationSpec extends PoolingSpec {
  /** Names of the classes, by index. */
  readonly labels: readonly string[];
  /** Any number of classes apply (sigmoid). Default: one of them (softmax). */
  readonly multiLabel: boolean;
}
