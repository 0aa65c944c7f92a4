import { decodeEmbed, type EmbedRequest } from './decode-embed.js';
import { decodeRerank, type RerankRequest } from './decode-rerank.js';

/** Requests by their kind. */
export interface RerankRequests {
  readonly rerank: RerankRequest;
  readonly embed: EmbedRequest;
}

export type RerankKind = keyof RerankRequests;

/** How bodies are read. All throw `ParameterError`, and `empty_input`. */
export const DECODERS: { readonly [Kind in RerankKind]: (value: unknown) => RerankRequests[Kind] } = {
  rerank: decodeRerank,
  embed: decodeEmbed,
};
