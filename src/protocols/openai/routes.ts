import type { TSchema } from '@sinclair/typebox';
import type { Call } from '../../core/index.js';
import type { Route, RouteRequest } from '../route.js';
import type { WireResponse } from '../wire.js';
import { answerChat } from './chat.js';
import { answerCompletion } from './completions.js';
import type { TextKind } from './decode-text.js';
import { OPERATIONS } from './openapi.js';
import { DeletedSchema, InputItemsSchema, ResponseSchema } from './openapi-schemas.js';
import { type Described, type OpenAiContext, type Reading, readingRoute } from './reading-route.js';
import { answerResponse, countInputTokens } from './responses.js';
import { createBatchRoutes } from './routes-batches.js';
import { createFileRoutes } from './routes-files.js';
import { createPoolingRoutes } from './routes-pooling.js';
import { deleteResponse, getResponse, listInputItems, type StoredContext } from './stored-responses.js';
import { answerDetokenize, answerTemplate, answerTokenize } from './tokenize.js';

interface AboutStored extends Described {
  readonly response: TSchema;
  readonly answer: (context: StoredContext, call: Call, request: RouteRequest) => WireResponse | Promise<WireResponse>;
}

/** OpenAI's routes, those that are shared with others excepted. */
export function createOpenAiRoutes(context: OpenAiContext): readonly Route[] {
  const generating = <Kind extends TextKind>(path: string, reading: Reading<Kind>): Route =>
    readingRoute(context, path, reading);
  const stored = (method: 'GET' | 'DELETE', under: string, { answer, ...described }: AboutStored): Route => ({
    method,
    path: `/v1/responses/{response}${under}`,
    tag: 'openai',
    ...described,
    access: 'key',
    control: false,
    handle: (call, request) => answer(context, call, request),
  });
  const { chat, completion, response, inputTokens, tokenize, detokenize, template } = OPERATIONS;
  const { getResponse: get, deleteResponse: forget, listInputItems: list } = OPERATIONS;
  return [
    generating('/v1/chat/completions', {
      kind: 'chat',
      summary: 'Answers a conversation',
      operation: chat,
      answer: answerChat,
    }),
    generating('/v1/completions', {
      kind: 'completion',
      summary: 'Goes on with a text',
      operation: completion,
      answer: answerCompletion,
    }),
    generating('/v1/responses', {
      kind: 'response',
      summary: 'Answers a conversation, in items',
      operation: response,
      answer: answerResponse,
    }),
    generating('/v1/responses/input_tokens', {
      kind: 'inputTokens',
      summary: 'Counts the tokens of a conversation',
      operation: inputTokens,
      answer: countInputTokens,
    }),
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
    generating('/tokenize', {
      kind: 'tokenize',
      summary: 'List the tokens of a text or a conversation',
      operation: tokenize,
      answer: answerTokenize,
    }),
    generating('/detokenize', {
      kind: 'detokenize',
      summary: 'The text of tokens',
      operation: detokenize,
      answer: answerDetokenize,
    }),
    generating('/apply-template', {
      kind: 'template',
      streams: false,
      summary: 'Render the prompt of a conversation',
      operation: template,
      answer: answerTemplate,
    }),
    ...createPoolingRoutes(context),
    ...(context.service.files.enabled ? [...createFileRoutes(context), ...createBatchRoutes(context)] : []),
  ];
}
