import type { TSchema } from '@sinclair/typebox';
import type { OpenApiObject } from '../openapi.js';
import {
  ChatRequestSchema,
  ChatResponseSchema,
  CompletionRequestSchema,
  CompletionResponseSchema,
  ContentSchema,
  CountRequestSchema,
  CountSchema,
  DetokenizeRequestSchema,
  PromptSchema,
  ResponseRequestSchema,
  ResponseSchema,
  TemplateRequestSchema,
  TokenizeRequestSchema,
  TokensSchema,
} from './openapi-schemas.js';

/** What an operation takes and gives; `events` says what a stream consists of, where it may be one. */
interface Described {
  readonly operationId: string;
  readonly request: TSchema;
  readonly response: TSchema;
  readonly events?: string;
}

function describe({ operationId, request, response, events }: Described): OpenApiObject {
  const stream =
    events === undefined ? {} : { 'text/event-stream': { schema: { type: 'string', description: events } } };
  return {
    operationId,
    requestBody: { required: true, content: { 'application/json': { schema: request } } },
    responses: {
      200: { description: 'Success', content: { 'application/json': { schema: response }, ...stream } },
    },
  };
}

const query = (name: string, schema: OpenApiObject): OpenApiObject => ({ name, in: 'query', schema });

/** The OpenAPI operations of this dialect; those that OpenAI has by the names that it gives them. */
export const OPERATIONS = {
  chat: describe({
    operationId: 'createChatCompletion',
    request: ChatRequestSchema,
    response: ChatResponseSchema,
    events: 'Where `stream` is true: `chat.completion.chunk`s, then `[DONE]`.',
  }),
  completion: describe({
    operationId: 'createCompletion',
    request: CompletionRequestSchema,
    response: CompletionResponseSchema,
    events: 'Where `stream` is true: pieces of a `text_completion`, then `[DONE]`.',
  }),
  response: describe({
    operationId: 'createResponse',
    request: ResponseRequestSchema,
    response: ResponseSchema,
    events: 'Where `stream` is true: `response.created` to `response.completed`, numbered.',
  }),
  inputTokens: describe({
    operationId: 'getInputTokenCounts',
    request: CountRequestSchema,
    response: CountSchema,
  }),
  tokenize: describe({ operationId: 'tokenize', request: TokenizeRequestSchema, response: TokensSchema }),
  detokenize: describe({ operationId: 'detokenize', request: DetokenizeRequestSchema, response: ContentSchema }),
  template: describe({ operationId: 'applyTemplate', request: TemplateRequestSchema, response: PromptSchema }),
  getResponse: {
    operationId: 'getResponse',
    parameters: [
      query('stream', { type: 'boolean', description: 'The events of a response of the background.' }),
      query('starting_after', { type: 'integer', description: 'Sequence number of the last event that is known.' }),
    ],
  },
  deleteResponse: { operationId: 'deleteResponse' },
  cancelResponse: { operationId: 'cancelResponse' },
  listInputItems: {
    operationId: 'listInputItems',
    parameters: [
      query('order', { type: 'string', enum: ['asc', 'desc'], default: 'desc' }),
      query('after', { type: 'string', description: 'The id of the item behind which the page begins.' }),
      query('limit', { type: 'integer', minimum: 1, maximum: 100, default: 20 }),
    ],
  },
} as const satisfies Readonly<Record<string, OpenApiObject>>;
