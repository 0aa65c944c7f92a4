import { isObject } from '../shared/generation/fields.js';
import { parseBody } from '../shared/text-body/parse-body.js';
import { type ChatRequest, decodeChat } from './decode-chat.js';
import { type CompletionRequest, decodeCompletion } from './decode-completion.js';
import {
  decodeClassify,
  decodeEmbedding,
  decodeScore,
  type EmbeddingRequest,
  type ScoreRequest,
} from './decode-pooling.js';
import { type CountRequest, decodeCount, decodeResponse, type ResponseRequest } from './decode-response.js';
import { decodeDetokenize, decodeTemplate, decodeTokenize, type TokenizeRequest } from './decode-tokenize.js';

/** What bodies of texts are read as. */
export interface TextRequests {
  readonly chat: ChatRequest;
  readonly completion: CompletionRequest;
  readonly response: ResponseRequest;
  readonly inputTokens: CountRequest;
  readonly tokenize: TokenizeRequest;
  readonly detokenize: TokenizeRequest;
  readonly template: TokenizeRequest;
  readonly embedding: EmbeddingRequest;
  readonly pooling: EmbeddingRequest;
  readonly score: ScoreRequest;
  readonly classify: ScoreRequest;
}

export type TextKind = keyof TextRequests;

/** What a body is read with. */
export interface TextBody {
  /** The value of its JSON, with the model. */
  readonly value: unknown;
  /** The stored response that it goes on from, packed. */
  readonly earlier: Uint8Array | undefined;
}

/** A body that has not been parsed. */
export interface UnreadText extends Omit<TextBody, 'value'> {
  readonly body: Uint8Array;
  /** The model, whatever the body says. */
  readonly model: string;
}

const DECODERS: { readonly [Kind in TextKind]: (body: TextBody) => TextRequests[Kind] } = {
  chat: ({ value }) => decodeChat(value),
  completion: ({ value }) => decodeCompletion(value),
  response: ({ value, earlier }) => decodeResponse(value, earlier),
  inputTokens: ({ value, earlier }) => decodeCount(value, earlier),
  tokenize: ({ value }) => decodeTokenize(value),
  detokenize: ({ value }) => decodeDetokenize(value),
  template: ({ value }) => decodeTemplate(value),
  embedding: ({ value }) => decodeEmbedding(value),
  pooling: ({ value }) => decodeEmbedding(value),
  score: ({ value }) => decodeScore(value),
  classify: ({ value }) => decodeClassify(value),
};

/** The request of a parsed body. Throws `ParameterError`. */
export function decodeText<Kind extends TextKind>(kind: Kind, body: TextBody): TextRequests[Kind] {
  return DECODERS[kind](body);
}

/** The request of a body. Throws `invalid_argument` and `ParameterError`. */
export function readText<Kind extends TextKind>(kind: Kind, { body, model, earlier }: UnreadText): TextRequests[Kind] {
  return decodeText(kind, { value: withModel(parseBody(body), model), earlier });
}

/** A parsed body with the model that counts. */
export function withModel(value: unknown, model: string): unknown {
  return isObject(value) ? { ...value, model } : value;
}
