import type { TSchema } from '@sinclair/typebox';
import type { Call } from '../../core/index.js';
import type { PrincipalStore } from '../../service/index.js';
import type { DecodeFunction } from '../decoding/jobs.js';
import type { DialectContext } from '../dialect.js';
import type { OpenApiObject } from '../openapi.js';
import type { Route, RouteRequest } from '../route.js';
import { LARGE_BYTES, type WireResponse, type WireStream } from '../wire.js';
import { answerChat } from './chat.js';
import { answerCompletion } from './completions.js';
import { parseBody } from './decoders.js';
import { OPERATIONS } from './openapi.js';
import { DeletedSchema, InputItemsSchema, ResponseSchema } from './openapi-schemas.js';
import { answerResponse, countInputTokens } from './responses.js';
import { deleteResponse, getResponse, listInputItems } from './stored-responses.js';
import { answerDetokenize, answerTokenize } from './tokenize.js';
import { type UnnamedContext, withModel } from './unnamed-model.js';

const PARSE: DecodeFunction<{ readonly body: Uint8Array }, unknown> = {
  module: new URL('./decoders.js', import.meta.url).href,
  name: 'parseLargeBody',
};

type Generate = (context: OpenAiContext, call: Call, body: unknown) => Promise<WireResponse | WireStream>;

interface Described {
  readonly summary: string;
  readonly operation: OpenApiObject;
}

interface AboutStored extends Described {
  readonly response: TSchema;
  readonly answer: (store: PrincipalStore, call: Call, request: RouteRequest) => WireResponse;
}

/** What this dialect's routes are made with. */
export interface OpenAiContext extends DialectContext, Pick<UnnamedContext, 'defaultModel'> {
  /** Responses that callers come back for. */
  readonly store: PrincipalStore;
}

/** OpenAI's routes, those that are shared with others excepted. */
export function createOpenAiRoutes(context: OpenAiContext): readonly Route[] {
  const generating = (path: string, described: Described, answer: Generate): Route => ({
    method: 'POST',
    path,
    tag: 'openai',
    ...described,
    access: 'key',
    control: false,
    inference: true,
    streams: true,
    body: { kind: 'bytes' },
    handle: async (call, { body }) =>
      answer(context, call, withModel(context, call, await readBody(context, call, body))),
  });
  const stored = (method: 'GET' | 'DELETE', under: string, { answer, ...described }: AboutStored): Route => ({
    method,
    path: `/v1/responses/{response}${under}`,
    tag: 'openai',
    ...described,
    access: 'key',
    control: false,
    handle: (call, request) => answer(context.store, call, request),
  });
  const { chat, completion, response, inputTokens, tokenize, detokenize } = OPERATIONS;
  const { getResponse: get, deleteResponse: forget, listInputItems: list } = OPERATIONS;
  return [
    generating('/v1/chat/completions', { summary: 'Answers a conversation', operation: chat }, answerChat),
    generating('/v1/completions', { summary: 'Goes on with a text', operation: completion }, answerCompletion),
    generating('/v1/responses', { summary: 'Answers a conversation, in items', operation: response }, answerResponse),
    generating(
      '/v1/responses/input_tokens',
      { summary: 'Counts the tokens of a conversation', operation: inputTokens },
      countInputTokens,
    ),
    stored('GET', '', {
      summary: 'A stored response',
      operation: get,
      response: ResponseSchema,
      answer: getResponse,
    }),
    stored('DELETE', '', {
      summary: 'Forgets a stored response',
      operation: forget,
      response: DeletedSchema,
      answer: deleteResponse,
    }),
    stored('GET', '/input_items', {
      summary: 'What a stored response answers',
      operation: list,
      response: InputItemsSchema,
      answer: listInputItems,
    }),
    generating('/tokenize', { summary: 'The tokens of a text', operation: tokenize }, answerTokenize),
    generating('/detokenize', { summary: 'The text of tokens', operation: detokenize }, answerDetokenize),
  ];
}

/** Much JSON takes a while to read, in which others are served. */
export function readBody({ decoder }: DialectContext, call: Call, body: Uint8Array): unknown {
  if (body.length <= LARGE_BYTES) return parseBody(body);
  return decoder.decode(call, PARSE, { input: { body }, moves: [body] });
}
