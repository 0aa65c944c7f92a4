import { isObject } from '../../core/index.js';
import { Fields } from '../shared/generation/fields.js';
import { IgnoredNames, type UnknownParameters } from '../shared/generation/ignored-names.js';
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
  /** What becomes of members that are not known. */
  readonly unknown: UnknownParameters;
  /** The stored response that it goes on from, packed. */
  readonly earlier: Uint8Array | undefined;
}

/** A body that has not been parsed. */
export interface UnreadText extends Omit<TextBody, 'value'> {
  readonly body: Uint8Array;
  /** The model, whatever the body says. */
  readonly model: string;
}

/** A request as it was read. */
export interface ReadText<Kind extends TextKind> {
  readonly request: TextRequests[Kind];
  /** Members of the body that have no effect on the answer. */
  readonly ignored: readonly string[];
}

const DECODERS: {
  readonly [Kind in TextKind]: (fields: Fields, earlier: Uint8Array | undefined) => TextRequests[Kind];
} = {
  chat: decodeChat,
  completion: decodeCompletion,
  response: decodeResponse,
  inputTokens: decodeCount,
  tokenize: decodeTokenize,
  detokenize: decodeDetokenize,
  template: decodeTemplate,
  embedding: decodeEmbedding,
  pooling: decodeEmbedding,
  score: decodeScore,
  classify: decodeClassify,
};

/** The request of a parsed body. Throws `ParameterError`. */
export function decodeText<Kind extends TextKind>(kind: Kind, { value, earlier, unknown }: TextBody): ReadText<Kind> {
  const ignored = new IgnoredNames(unknown);
  const request = DECODERS[kind](Fields.of(value, '', ignored), earlier);
  return { request, ignored: ignored.names };
}

/** The request of a body. Throws `invalid_argument` and `ParameterError`. */
export function readText<Kind extends TextKind>(kind: Kind, { body, model, ...more }: UnreadText): ReadText<Kind> {
  return decodeText(kind, { value: withModel(parseBody(body), model), ...more });
}

/** A parsed body with the model that counts. */
export function withModel(value: unknown, model: string): unknown {
  return isObject(value) ? { ...value, model } : value;
}
