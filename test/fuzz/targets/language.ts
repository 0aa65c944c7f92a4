import type { Json } from '../json.js';
import { call, grpcShots } from '../make-grpc.js';
import { get, httpShots, post } from '../make-http.js';
import type { Sample } from '../mutate.js';
import { anyOf } from '../shot.js';
import { type FuzzTarget, GRPC_CODES, HTTP_STATUSES } from '../target.js';
import { LANGUAGE_MODEL } from './models.js';
import { ROW_MODEL, routeSamples } from './rows.js';

const SAMPLING = { max_tokens: 2, temperature: 0.5, top_p: 0.9, seed: 1, stop: ['.'], logit_bias: { 5: 1 } };
const TOOL = {
  type: 'function',
  function: { name: 'f', parameters: { type: 'object', properties: { a: { type: 'string', pattern: '^a+$' } } } },
};
const SCHEMA = {
  type: 'json_schema',
  json_schema: { name: 's', strict: true, schema: { type: 'object', properties: { a: { enum: ['x', 'y'] } } } },
};
/** All that a grammar is made of. */
const STRICT_FIELDS = {
  allOf: [{ properties: { n: { type: 'integer', minimum: -5, maximum: 250, multipleOf: 5 } } }, { required: ['n'] }],
  properties: { mail: { type: 'string', format: 'email', maxLength: 40 }, part: { type: 'number', maximum: 0.5 } },
  patternProperties: { '^x_(?!y)': { type: 'array', prefixItems: [{ const: 1 }], uniqueItems: true } },
};
const GRAMMAR = 'root ::= item ("," item){0,3}\nitem ::= [a-z]+ | "(" [^()\\x00]* ")" # an item\n';
const user = (content: Json) => ({ role: 'user', content });
const chat = (more: object): Json => ({ model: 'kjv', messages: [user('And')], max_tokens: 2, ...more });
const response = (more: object): Json => ({ model: 'kjv', input: 'And', max_output_tokens: 2, ...more });

const CHATS: readonly Sample[] = [
  ...['/v1/chat/completions'].flatMap((path) => [
    post(path, chat({ ...SAMPLING, n: 2, logprobs: true, top_logprobs: 2, user: 'u' })),
    post(path, chat({ stream: true, stream_options: { include_usage: true } })),
    post(path, chat({ messages: [{ role: 'system', content: 'a' }, user([{ type: 'text', text: 'b' }])] })),
    post(path, chat({ tools: [TOOL], tool_choice: 'auto', parallel_tool_calls: false })),
    post(path, chat({ response_format: SCHEMA })),
    post(path, chat({ guided_json: STRICT_FIELDS })),
    post(path, chat({ guided_regex: '(?!no)[a-z]{1,3}|\\d+' })),
    post(path, chat({ structured_outputs: { grammar: GRAMMAR } })),
    post(path, chat({ response_format: { type: 'json_object' }, stream: true })),
    post(
      path,
      chat({ messages: [user([{ type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0K' } }])] }),
    ),
  ]),
  post('/v1/completions', { model: 'kjv', prompt: 'And', ...SAMPLING, logprobs: 2, echo: true, n: 2, best_of: 2 }),
  post('/v1/completions', { model: 'kjv', prompt: 'And', max_tokens: 2, guided_choice: ['yes', 'no'] }),
  post('/v1/completions', { model: 'kjv', prompt: ['And', 'The'], max_tokens: 1, stream: true }),
  post('/v1/completions', { model: 'kjv', prompt: [1, 2, 3], max_tokens: 1, suffix: null }),
  post('/v1/responses', response({ store: true, metadata: { a: 'b' }, truncation: 'auto', temperature: 0 })),
  post('/v1/responses', response({ stream: true, instructions: 'be kind' })),
  post('/v1/responses', response({ previous_response_id: 'resp_0' })),
  post('/v1/responses', response({ background: true, stream: true, metadata: { a: 'b' } })),
  post('/v1/responses/resp_0/cancel', {}),
  post(
    '/v1/responses',
    response({ input: [user([{ type: 'input_text', text: 'And' }])], text: { format: { type: 'text' } } }),
  ),
  post('/v1/responses/input_tokens', { model: 'kjv', input: 'And' }),
  post('/tokenize', { model: 'kjv', content: 'And', add_special: true }),
  post('/detokenize', { model: 'kjv', tokens: [1, 2, 3] }),
  post('/tokenize', { model: 'kjv', messages: [{ role: 'user', content: 'And' }], add_generation_prompt: false }),
  post('/apply-template', {
    model: 'kjv',
    messages: [{ role: 'user', content: 'And' }],
    chat_template_kwargs: { enable_thinking: false },
  }),
  get('/v1/responses/resp_0/input_items?limit=2&order=asc'),
  get('/v1/responses/resp_aaaaaaaa-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa?stream=true&starting_after=2'),
  get('/v1/models'),
];
const OPENAI_ROWS =
  /^\/v1\/(?:chat|completions|responses|embeddings|score|models$)|^\/(?:(?:de)?tokenize|apply-template|pooling|score|classify)$/;

const COMMON = {
  models: { ...ROW_MODEL, ...LANGUAGE_MODEL },
  settings: {},
  statuses: HTTP_STATUSES,
  codes: GRPC_CODES,
} as const;

/** OpenAI's API: chat, completions, responses and tokens, whole and as streams. */
export const OPENAI: FuzzTarget = {
  ...COMMON,
  name: 'openai',
  rows: OPENAI_ROWS,
  make: anyOf([0.85, httpShots(CHATS)], [0.15, httpShots(routeSamples(OPENAI_ROWS))]),
  reaches: ['200', '400', '404'],
  shots: 600,
};

const message = (more: object): Json => ({ model: 'kjv', messages: [user('And')], max_tokens: 2, ...more });
const WEATHER = {
  name: 'f',
  description: 'd',
  input_schema: TOOL.function.parameters,
  cache_control: { type: 'ephemeral' },
};
const TURNS = [
  user([{ type: 'text', text: 'And', cache_control: { type: 'ephemeral' } }]),
  {
    role: 'assistant',
    content: [
      { type: 'thinking', thinking: 'a', signature: 's' },
      { type: 'redacted_thinking', data: 'd' },
      { type: 'tool_use', id: 'toolu_0', name: 'f', input: { a: 'a' } },
    ],
  },
  user([{ type: 'tool_result', tool_use_id: 'toolu_0', content: [{ type: 'text', text: 'b' }], is_error: true }]),
];
const MESSAGES: readonly Sample[] = [
  post('/v1/messages', message({ temperature: 0.5, top_p: 0.9, top_k: 3, stop_sequences: ['.'], system: 'be kind' })),
  post('/v1/messages', message({ stream: true, metadata: { user_id: 'u' }, system: [{ type: 'text', text: 'a' }] })),
  post('/v1/messages', message({ messages: TURNS, tools: [WEATHER] })),
  ...['auto', 'any', 'tool', 'none'].map((type) =>
    post(
      '/v1/messages',
      message({ tools: [WEATHER], tool_choice: { type, name: 'f', disable_parallel_tool_use: true } }),
    ),
  ),
  post('/v1/messages', message({ thinking: { type: 'enabled', budget_tokens: 1024 }, stream: true })),
  post(
    '/v1/messages',
    message({ output_config: { effort: 'low', format: { type: 'json_schema', schema: STRICT_FIELDS } } }),
  ),
  post('/v1/messages', message({ messages: [user([{ type: 'image', source: { type: 'url', url: 'a' } }])] })),
  post('/v1/messages', message({ messages: [user('a'), { role: 'assistant', content: 'b' }] })),
  post('/v1/messages/count_tokens', { model: 'kjv', messages: TURNS, tools: [WEATHER] }),
  post('/v1/messages/batches', { requests: [] }),
  get('/v1/models?limit=2&after_id=kjv'),
];
const ANTHROPIC_ROWS = /^\/v1\/messages(?:$|\/)/;

/** Anthropic's Messages, whole and as streams. */
export const ANTHROPIC: FuzzTarget = {
  ...COMMON,
  name: 'anthropic',
  rows: ANTHROPIC_ROWS,
  make: anyOf([0.85, httpShots(MESSAGES)], [0.15, httpShots(routeSamples(ANTHROPIC_ROWS))]),
  reaches: ['200', '400', '404'],
  shots: 400,
};

const TEXT = { text_input: 'And', max_tokens: 2 };
const GENERATE: readonly Sample[] = ['generate', 'generate_stream'].flatMap((verb) => [
  post(`/v2/models/kjv/${verb}`, { ...TEXT, id: 'a', parameters: { temperature: 0, seed: 1, stop: '.' } }),
  post(`/v2/models/kjv/versions/1/${verb}`, { ...TEXT, top_k: 3, ignore_eos: true }),
  post(`/v2/models/kjv/${verb}`, {
    text_input: 'And',
    parameters: { max_tokens: 2, json_object: true },
  }),
]);
const INFER = {
  model_name: 'kjv',
  inputs: [{ name: 'text_input', datatype: 'BYTES', shape: [1], contents: { bytes_contents: ['QW5k'] } }],
  parameters: { max_tokens: { int64_param: '2' }, ignore_eos: { bool_param: true } },
};
const STREAMS = ['ModelInfer', 'ModelStreamInfer'].map((method) =>
  call(`/inference.GRPCInferenceService/${method}`, INFER),
);
const GENERATE_ROWS = /\/generate(?:_stream)?$/;

/** Generated text by the Open Inference Protocol: `generate`, `generate_stream`, and calls that stream. */
export const GENERATION: FuzzTarget = {
  ...COMMON,
  name: 'generate',
  rows: GENERATE_ROWS,
  make: anyOf([0.6, httpShots(GENERATE)], [0.05, httpShots(routeSamples(GENERATE_ROWS))], [0.35, grpcShots(STREAMS)]),
  reaches: ['200', '400', 'gRPC 0', 'gRPC 3'],
  shots: 600,
};
