import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Answered, Asked } from './two-ways.js';

const TINY = readFileSync(path.resolve(import.meta.dirname, '../fixtures/models/tiny-kjv.gguf'));
const TEMPLATE = '{% for message in messages %}{{ message.role }} said, {{ message.content }} {% endfor %}And he said,';
const KJV = `llama: { contextTokens: 256, slots: 2, threads: 1, deterministic: true, chatTemplate: "${TEMPLATE}" }\n`;
export const ECHO = `runtime: echo
inputs: [{ name: x, datatype: FP32, shape: [-1] }]
outputs: [{ name: y, datatype: FP32, shape: [-1] }]
instances: { placement: inline }
`;
export const MODELS = {
  'kjv/1/model.gguf': TINY,
  'kjv/model.yaml': KJV,
  'floats/1/': '',
  'floats/model.yaml': ECHO,
};
export const MAX_INPUT_BYTES = 4_000_000;
export const GREEDY = { model: 'kjv', temperature: 0, max_tokens: 8, ignore_eos: true };
export const CHAT = { ...GREEDY, messages: [{ role: 'user', content: 'Who is there?' }] };
const MESSAGE = { model: 'kjv', temperature: 0, max_tokens: 8, messages: CHAT.messages };
export const json = (line: string, body: object): Asked => ({ line, body: JSON.stringify(body) });
export const floats = (count: number) => ({
  inputs: [{ name: 'x', datatype: 'FP32', shape: [count], data: Array(count).fill(0.5) }],
});
const BINARY_HEAD = JSON.stringify({
  inputs: [{ name: 'x', datatype: 'FP32', shape: [4], parameters: { binary_data_size: 16 } }],
  parameters: { binary_data_output: true },
});

/** Requests of every dialect that answers alike each time. */
export const ROWS: readonly (readonly [what: string, asked: Asked])[] = [
  ['OIP', json('POST /v2/models/floats/infer', floats(3))],
  [
    'OIP in binary',
    {
      line: 'POST /v2/models/floats/infer',
      headers: { 'inference-header-content-length': String(BINARY_HEAD.length) },
      body: Buffer.concat([Buffer.from(BINARY_HEAD), Buffer.from(Float32Array.of(1, 2, 3, 4).buffer)]),
    },
  ],
  ['a large body, with a large answer', json('POST /v2/models/floats/infer', floats(200_000))],
  ['a body that is too large', { line: 'POST /v2/models/floats/infer', body: 'x'.repeat(MAX_INPUT_BYTES + 1) }],
  ['bad JSON', { line: 'POST /v2/models/floats/infer', body: '{"inputs":[' }],
  ['a wrong input', json('POST /v2/models/floats/infer', { inputs: [] })],
  ['a text of OIP', json('POST /v2/models/kjv/generate', { text_input: 'And', ...GREEDY })],
  ['a stream of OIP', json('POST /v2/models/kjv/generate_stream', { text_input: 'And', ...GREEDY })],
  ['a chat', json('POST /v1/chat/completions', CHAT)],
  ['a chat as a stream', json('POST /v1/chat/completions', { ...CHAT, stream: true })],
  ['a completion', json('POST /v1/completions', { ...GREEDY, prompt: 'And' })],
  [
    'a response as a stream',
    json('POST /v1/responses', { model: 'kjv', input: 'And', max_output_tokens: 4, temperature: 0, stream: true }),
  ],
  ['a chat that is wrong', json('POST /v1/chat/completions', { ...CHAT, temperature: 'hot' })],
  ['a chat with an unknown model', json('POST /v1/chat/completions', { ...CHAT, model: 'kvj' })],
  ['a message', json('POST /v1/messages', MESSAGE)],
  ['a message as a stream', json('POST /v1/messages', { ...MESSAGE, stream: true })],
  ['tokens of a message', json('POST /v1/messages/count_tokens', { model: 'kjv', messages: CHAT.messages })],
  ['a message with an unknown model', json('POST /v1/messages', { ...MESSAGE, model: 'kvj' })],
  ['models of Anthropic', { line: 'GET /v1/models', headers: { 'anthropic-version': '2023-06-01' } }],
  ['models of OpenAI', { line: 'GET /v1/models' }],
  ['TensorFlow Serving', json('POST /v1/models/floats:predict', { inputs: { x: [1, 2] } })],
  ['an error of TensorFlow Serving', json('POST /v1/models/none:predict', { inputs: { x: [1, 2] } })],
  ['TorchServe', { line: 'GET /ping' }],
  ['an error of TorchServe', json('POST /predictions/none', {})],
  ['SageMaker', json('POST /models/floats/invoke', floats(2))],
  [
    'a rerank with a model that ranks nothing',
    json('POST /v1/rerank', { model: 'floats', query: 'a', documents: ['b'] }),
  ],
  ['TEI', { line: 'GET /tei/floats/info' }],
  ['embeddings of a model that embeds nothing', json('POST /v1/embeddings', { model: 'floats', input: 'a' })],
  ["the server's own API", { line: 'GET /millrace/v1/routes' }],
  ['what is not allowed', json('POST /v2/repository/models/floats/unload', {})],
  ['metrics', { line: 'GET /metrics' }],
];

/** Without what each answer has of its own. */
export function comparable({ body, headers, ...rest }: Answered): Answered {
  const { 'content-length': _, ...others } = headers;
  const changing =
    /"(?:id|item_id)":"(?:chatcmpl|cmpl|resp|msg)[-_]\w+"|"(?:created|created_at|completed_at|cached_tokens)":\d+(?:\.\d+)?|"created_at":"[^"]*"/g;
  return { ...rest, headers: others, body: body.replaceAll(changing, '"own"') };
}
