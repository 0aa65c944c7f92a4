import type { EmbeddingsRequest } from '../shared/pooling/embeddings.js';
import type { PoolingRequest } from '../shared/pooling/run.js';

/** A request, whatever it asks for. */
export interface TeiRequest extends PoolingRequest {
  /** Characters of all texts, or token ids. */
  readonly characters: number;
  /** The vectors are compared: that of the first text with each other. */
  readonly compares?: true;
  /** One text, whose classes are answered without a list around them. */
  readonly isSingle?: true;
  /** The caller's labels are the classes. */
  readonly zeroShot?: ZeroShot;
  /** The entities of texts are answered. */
  readonly tokenClasses?: TokenClasses;
  /** The texts, where they are to be in the answer. */
  readonly texts?: readonly string[];
}

/** Requests by their kind. */
export interface TeiRequests {
  readonly embed: TeiRequest;
  readonly embedAll: TeiRequest;
  readonly embedSparse: TeiRequest;
  readonly similarity: TeiRequest;
  readonly predict: TeiRequest;
  readonly tokenClasses: TeiRequest;
  readonly rerank: TeiRequest;
  readonly embeddings: EmbeddingsRequest & Pick<TeiRequest, 'characters'>;
  readonly tokenize: TeiRequest;
  readonly decode: TeiRequest;
}

export type TeiKind = keyof TeiRequests;
/** Those that models are not asked for. */
export type TokenKind = 'tokenize' | 'decode';
export type PoolingKind = Exclude<TeiKind, TokenKind>;

/** Classes that a caller names, of which a model that compares two texts (natural language inference) says how well they fit. */
export interface ZeroShot {
  readonly labels: readonly string[];
  /** Any number of them apply. */
  readonly isMultiLabel: boolean;
}

/** How the classes of tokens are answered. */
export interface TokenClasses {
  readonly texts: readonly string[];
  /** How tokens become entities: each for itself, those of one class together, or first those of a word. */
  readonly aggregation: 'none' | 'simple' | 'first' | 'average' | 'max';
  /** Classes that are left out. */
  readonly ignoredLabels: readonly string[];
}
