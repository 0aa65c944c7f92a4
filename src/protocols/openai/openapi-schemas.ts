import { type TProperties, Type } from '@sinclair/typebox';

/** What the OpenAPI document says of this dialect's bodies. Requests are checked by their decoders, which also say what is wrong. */

const Nullable = <Properties extends TProperties>(properties: Properties) =>
  Type.Union([Type.Object(properties), Type.Null()]);
const Text = Type.String();
const Model = Type.Optional(
  Type.String({
    description: 'The name of a language model. Default: `openai.defaultModel`, or the only language model.',
  }),
);
const AnsweringModel = Type.String({ description: 'The name of the model that answered.' });
const OpenObject = Type.Object({}, { additionalProperties: true });
const Choice = (...words: readonly string[]) => Type.Union(words.map((word) => Type.Literal(word)));

/** How an answer is generated, in chats and completions. */
const SAMPLING = {
  n: Type.Optional(Type.Integer({ minimum: 1, maximum: 128, default: 1 })),
  stream: Type.Optional(Type.Boolean({ default: false, description: 'Answer by server-sent events.' })),
  stream_options: Type.Optional(Type.Object({ include_usage: Type.Optional(Type.Boolean()) })),
  temperature: Type.Optional(Type.Number({ minimum: 0, maximum: 2 })),
  top_p: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
  top_k: Type.Optional(Type.Integer({ minimum: -1 })),
  min_p: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
  frequency_penalty: Type.Optional(Type.Number({ minimum: -2, maximum: 2 })),
  presence_penalty: Type.Optional(Type.Number({ minimum: -2, maximum: 2 })),
  repetition_penalty: Type.Optional(Type.Number({ minimum: 0.01, maximum: 10 })),
  typical_p: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
  xtc_probability: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
  xtc_threshold: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
  mirostat: Type.Optional(Type.Integer({ minimum: 0, maximum: 2 })),
  mirostat_tau: Type.Optional(Type.Number({ minimum: 0, maximum: 100 })),
  mirostat_eta: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
  seed: Type.Optional(Type.Integer()),
  stop: Type.Optional(Type.Union([Text, Type.Array(Text, { maxItems: 16 })])),
  logit_bias: Type.Optional(Type.Record(Text, Type.Number({ minimum: -100, maximum: 100 }))),
  stop_token_ids: Type.Optional(Type.Array(Type.Integer({ minimum: 0 }), { maxItems: 64 })),
  min_tokens: Type.Optional(Type.Integer({ minimum: 0 })),
  max_tokens: Type.Optional(Type.Integer({ minimum: -1 })),
};

/** The form of an answer: one of these at most. */
const FORM = {
  response_format: Type.Optional(
    Type.Object({ type: Text, json_schema: Type.Optional(OpenObject), schema: Type.Optional(OpenObject) }),
  ),
  guided_json: Type.Optional(OpenObject),
  guided_choice: Type.Optional(Type.Array(Text, { minItems: 1, maxItems: 1_000 })),
  guided_regex: Type.Optional(Text),
  guided_grammar: Type.Optional(Text),
  structured_outputs: Type.Optional(OpenObject),
  json_schema: Type.Optional(OpenObject),
  grammar: Type.Optional(Text),
};

const ToolCall = Type.Object({
  id: Text,
  type: Type.Literal('function'),
  function: Type.Object({ name: Text, arguments: Text }),
});

const Message = Type.Object(
  {
    role: Choice('system', 'developer', 'user', 'assistant', 'tool'),
    content: Type.Optional(
      Type.Union([Text, Type.Array(Type.Object({ type: Text, text: Type.Optional(Text) })), Type.Null()]),
    ),
    name: Type.Optional(Text),
    tool_calls: Type.Optional(Type.Array(ToolCall)),
    tool_call_id: Type.Optional(Text),
  },
  { additionalProperties: true },
);

const Described = Type.Object({
  name: Text,
  description: Type.Optional(Text),
  parameters: Type.Optional(OpenObject),
  strict: Type.Optional(Type.Boolean()),
});

export const ChatRequestSchema = Type.Object(
  {
    model: Model,
    messages: Type.Array(Message, { minItems: 1 }),
    ...SAMPLING,
    max_completion_tokens: Type.Optional(Type.Integer({ minimum: 1 })),
    logprobs: Type.Optional(Type.Boolean()),
    top_logprobs: Type.Optional(Type.Integer({ minimum: 0, maximum: 20 })),
    ...FORM,
    tools: Type.Optional(Type.Array(Type.Object({ type: Type.Literal('function'), function: Described }))),
    tool_choice: Type.Optional(Type.Union([Text, OpenObject])),
    parallel_tool_calls: Type.Optional(Type.Boolean()),
    reasoning_effort: Type.Optional(Choice('none', 'minimal', 'low', 'medium', 'high', 'xhigh')),
    chat_template_kwargs: Type.Optional(OpenObject),
    add_generation_prompt: Type.Optional(Type.Boolean({ default: true })),
    continue_final_message: Type.Optional(Type.Boolean({ default: false })),
  },
  { additionalProperties: true },
);

export const CompletionRequestSchema = Type.Object(
  {
    model: Model,
    prompt: Type.Union([Text, Type.Array(Text), Type.Array(Type.Integer()), Type.Array(Type.Array(Type.Integer()))]),
    ...SAMPLING,
    suffix: Type.Optional(Text),
    echo: Type.Optional(Type.Boolean()),
    best_of: Type.Optional(Type.Integer({ minimum: 1, maximum: 128 })),
    logprobs: Type.Optional(Type.Integer({ minimum: 0, maximum: 20 })),
    ...FORM,
  },
  { additionalProperties: true },
);

const ASKED = {
  input: Type.Union([Text, Type.Array(OpenObject, { minItems: 1 })]),
  instructions: Type.Optional(Text),
  previous_response_id: Type.Optional(Text),
  tools: Type.Optional(Type.Array(Type.Intersect([Type.Object({ type: Type.Literal('function') }), Described]))),
  tool_choice: Type.Optional(Type.Union([Text, OpenObject])),
  parallel_tool_calls: Type.Optional(Type.Boolean()),
  reasoning: Type.Optional(Type.Object({ effort: Type.Optional(Text) })),
  text: Type.Optional(OpenObject),
};

export const ResponseRequestSchema = Type.Object(
  {
    model: Model,
    ...ASKED,
    stream: Type.Optional(Type.Boolean({ default: false, description: 'Answer by server-sent events.' })),
    store: Type.Optional(Type.Boolean()),
    max_output_tokens: Type.Optional(Type.Integer({ minimum: 1 })),
    temperature: Type.Optional(Type.Number({ minimum: 0, maximum: 2 })),
    top_p: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
    top_logprobs: Type.Optional(Type.Integer({ minimum: 0, maximum: 20 })),
    include: Type.Optional(Type.Array(Text)),
    metadata: Type.Optional(OpenObject),
  },
  { additionalProperties: true },
);

export const CountRequestSchema = Type.Object({ model: Model, ...ASKED }, { additionalProperties: true });

const Usage = Type.Object({
  prompt_tokens: Type.Integer(),
  completion_tokens: Type.Integer(),
  total_tokens: Type.Integer(),
  prompt_tokens_details: Type.Object({ cached_tokens: Type.Integer() }),
  completion_tokens_details: Type.Object({ reasoning_tokens: Type.Integer() }),
});

const HEAD = { id: Text, created: Type.Integer({ description: 'Seconds since 1970.' }), model: AnsweringModel };
const FinishReason = Choice('stop', 'length', 'tool_calls', 'content_filter');

export const ChatResponseSchema = Type.Object({
  ...HEAD,
  object: Type.Literal('chat.completion'),
  choices: Type.Array(
    Type.Object({
      index: Type.Integer(),
      message: Type.Object({
        role: Type.Literal('assistant'),
        content: Type.Union([Text, Type.Null()]),
        refusal: Type.Null(),
        reasoning_content: Type.Optional(Text),
        tool_calls: Type.Optional(Type.Array(ToolCall)),
      }),
      logprobs: Type.Union([OpenObject, Type.Null()]),
      finish_reason: FinishReason,
    }),
  ),
  usage: Usage,
});

export const CompletionResponseSchema = Type.Object({
  ...HEAD,
  object: Type.Literal('text_completion'),
  choices: Type.Array(
    Type.Object({
      index: Type.Integer(),
      text: Text,
      logprobs: Type.Union([OpenObject, Type.Null()]),
      finish_reason: FinishReason,
    }),
  ),
  usage: Usage,
});

export const ResponseSchema = Type.Object(
  {
    id: Text,
    object: Type.Literal('response'),
    created_at: Type.Integer({ description: 'Seconds since 1970.' }),
    status: Choice('completed', 'incomplete', 'queued', 'in_progress', 'failed', 'cancelled'),
    incomplete_details: Nullable({ reason: Text }),
    model: AnsweringModel,
    output: Type.Array(Type.Object({ id: Text, type: Text }, { additionalProperties: true })),
    store: Type.Boolean(),
  },
  { additionalProperties: true },
);

export const DeletedSchema = Type.Object({
  id: Text,
  object: Type.Literal('response'),
  deleted: Type.Literal(true),
});

export const InputItemsSchema = Type.Object({
  object: Type.Literal('list'),
  data: Type.Array(OpenObject),
  first_id: Type.Union([Text, Type.Null()]),
  last_id: Type.Union([Text, Type.Null()]),
  has_more: Type.Boolean(),
});

export const CountSchema = Type.Object({
  object: Type.Literal('response.input_tokens'),
  input_tokens: Type.Integer(),
});

/** A chat completion, of which only the prompt is made. */
export const TemplateRequestSchema = Type.Object(
  {
    model: Model,
    messages: Type.Array(Message, { minItems: 1 }),
    tools: Type.Optional(Type.Array(Type.Object({ type: Type.Literal('function'), function: Described }))),
    tool_choice: Type.Optional(Type.Union([Text, OpenObject])),
    reasoning_effort: Type.Optional(Text),
    chat_template_kwargs: Type.Optional(OpenObject),
    add_generation_prompt: Type.Optional(
      Type.Boolean({ default: true, description: "End with the beginning of the model's answer." }),
    ),
  },
  { additionalProperties: true },
);
export const PromptSchema = Type.Object({ prompt: Text });

export const TokenizeRequestSchema = Type.Union([
  Type.Object({
    model: Model,
    content: Text,
    add_special: Type.Optional(Type.Boolean({ default: false })),
    parse_special: Type.Optional(Type.Boolean({ default: true })),
  }),
  Type.Object({
    model: Model,
    prompt: Text,
    add_special_tokens: Type.Optional(Type.Boolean({ default: true })),
  }),
  TemplateRequestSchema,
]);
export const TokensSchema = Type.Object({
  tokens: Type.Array(Type.Integer()),
  count: Type.Optional(Type.Integer({ description: 'Of requests with `prompt` or `messages`.' })),
  max_model_len: Type.Optional(Type.Integer({ description: 'Tokens of a prompt and its answer together.' })),
  token_strs: Type.Optional(Type.Null()),
});
export const DetokenizeRequestSchema = Type.Object({
  model: Model,
  tokens: Type.Array(Type.Integer()),
});
export const ContentSchema = Type.Object({ content: Text });
