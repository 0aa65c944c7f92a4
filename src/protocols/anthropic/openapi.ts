import { type TSchema, Type } from '@sinclair/typebox';
import type { OpenApiObject } from '../openapi.js';

/** What the OpenAPI document says of this dialect's bodies. Requests are checked by their decoders, which also say what is wrong. */

const Text = Type.String();
const OpenObject = Type.Object({}, { additionalProperties: true });
const Choice = (...words: readonly string[]) => Type.Union(words.map((word) => Type.Literal(word)));
const Block = Type.Object({ type: Text }, { additionalProperties: true });
const Content = Type.Union([Text, Type.Array(Block)]);

const ASKED = {
  model: Type.Optional(Type.String({ description: 'The name of a language model. Default: the only one.' })),
  messages: Type.Array(
    Type.Object({ role: Choice('user', 'assistant', 'system'), content: Content }, { additionalProperties: true }),
    { minItems: 1 },
  ),
  system: Type.Optional(Content),
  tools: Type.Optional(
    Type.Array(
      Type.Object({
        name: Text,
        description: Type.Optional(Text),
        input_schema: OpenObject,
        strict: Type.Optional(Type.Boolean()),
      }),
      { maxItems: 128 },
    ),
  ),
  tool_choice: Type.Optional(
    Type.Object({
      type: Choice('auto', 'any', 'tool', 'none'),
      name: Type.Optional(Text),
      disable_parallel_tool_use: Type.Optional(Type.Boolean()),
    }),
  ),
  thinking: Type.Optional(
    Type.Object({
      type: Choice('enabled', 'disabled', 'adaptive', 'between_tools'),
      budget_tokens: Type.Optional(Type.Integer({ minimum: 1 })),
    }),
  ),
  output_config: Type.Optional(
    Type.Object({
      effort: Type.Optional(Choice('low', 'medium', 'high', 'xhigh', 'max')),
      format: Type.Optional(Type.Object({ type: Type.Literal('json_schema'), schema: OpenObject })),
    }),
  ),
};

const RequestSchema = Type.Object(
  {
    ...ASKED,
    max_tokens: Type.Integer({ minimum: 1 }),
    stream: Type.Optional(Type.Boolean({ default: false, description: 'Answer by server-sent events.' })),
    stop_sequences: Type.Optional(Type.Array(Text, { maxItems: 16 })),
    temperature: Type.Optional(Type.Number({ minimum: 0, maximum: 2 })),
    top_p: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
    top_k: Type.Optional(Type.Integer({ minimum: -1 })),
    metadata: Type.Optional(OpenObject),
  },
  { additionalProperties: true },
);

const UsageSchema = Type.Object(
  {
    input_tokens: Type.Integer({ description: 'Without those that came from the cache.' }),
    cache_creation_input_tokens: Type.Integer(),
    cache_read_input_tokens: Type.Integer(),
    output_tokens: Type.Integer(),
  },
  { additionalProperties: true },
);

const MessageSchema = Type.Object(
  {
    id: Text,
    type: Type.Literal('message'),
    role: Type.Literal('assistant'),
    model: Type.String({ description: 'The name of the model that answered.' }),
    content: Type.Array(Block),
    stop_reason: Choice('end_turn', 'max_tokens', 'stop_sequence', 'tool_use', 'refusal'),
    stop_sequence: Type.Union([Text, Type.Null()]),
    usage: UsageSchema,
  },
  { additionalProperties: true },
);

function describe(operationId: string, request: TSchema, content: OpenApiObject): OpenApiObject {
  return {
    operationId,
    requestBody: { required: true, content: { 'application/json': { schema: request } } },
    responses: { 200: { description: 'Success', content } },
  };
}

const EVENTS = 'Where `stream` is true: `message_start` to `message_stop`.';

/** The OpenAPI operations of this dialect. */
export const OPERATIONS = {
  message: describe('createMessage', RequestSchema, {
    'application/json': { schema: MessageSchema },
    'text/event-stream': { schema: { type: 'string', description: EVENTS } },
  }),
  count: describe('countMessageTokens', Type.Object(ASKED, { additionalProperties: true }), {
    'application/json': { schema: Type.Object({ input_tokens: Type.Integer() }) },
  }),
} as const;
