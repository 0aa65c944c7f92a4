import { readEventStream } from './event-stream.js';

/** What a caller is told whose key has been taken away. */
export const ENDED = 'the key of this request does not hold any more';

/** One way to have a stream of a route, with the model `kjv`. */
export interface HttpStreamRow {
  readonly what?: string;
  readonly body: object;
  readonly headers?: Readonly<Record<string, string>>;
  /** How it says in the middle that its key holds no more, to the last byte; `broken off` where its format has no place for that. */
  readonly end: RegExp | 'broken off';
  /** Its text. Default: the bytes. */
  readonly read?: (bytes: Uint8Array) => string;
}

/** One way to have a stream of a method: over gRPC all end with status UNAUTHENTICATED. */
export interface GrpcStreamRow {
  readonly what?: string;
  /** As JSON; of methods that no dialect has as bytes. */
  readonly request: object | Uint8Array;
  readonly metadata?: Readonly<Record<string, string>>;
  /** Pattern of the models that the caller may infer. Default: all. */
  readonly models?: string;
  /** Whether answers come after the first one: by themselves, to another request, or not at all; or one when no more requests come. */
  readonly more: 'by itself' | 'if asked' | 'none' | 'at the end';
}

const PROMPT = 'In the beginning';
/** So long that whoever takes its key away comes in the middle. */
const LONG = { max_tokens: 4_000, ignore_eos: true, temperature: 0 };
const TEXT = { text_input: PROMPT, ...LONG };
const COMPLETION = { model: 'kjv', prompt: PROMPT, ...LONG, stream: true };
const CHAT = { model: 'kjv', messages: [{ role: 'user', content: PROMPT }], ...LONG, stream: true };
const PREDICTION = { prompt: PROMPT, ...LONG };

const ERROR = `{"message":"${ENDED}","type":"authentication_error","param":null,"code":"invalid_api_key"}`;
const OIP_END = new RegExp(`data: \\{"error":"${ENDED}"\\}\\n\\n$`);
const OPENAI_END = new RegExp(`data: \\{"error":${ERROR.replace('{', '\\{')}\\}\\n\\ndata: \\[DONE\\]\\n\\n$`);
const FAILED = `"error":\\{"code":"invalid_api_key","message":"${ENDED}"\\}`;
const RESPONSE_END = new RegExp(
  `event: error\\ndata: \\{"type":"error",[^\\n]*"message":"${ENDED}"[^\\n]*\\n\\n` +
    `event: response.failed\\ndata: \\{[^\\n]*"status":"failed",[^\\n]*${FAILED}[^\\n]*\\n\\n$`,
);

const MESSAGE_END = new RegExp(
  `event: error\\ndata: \\{"type":"error","error":\\{"type":"authentication_error","message":"${ENDED}"\\},"request_id":null\\}\\n\\n$`,
);

const GENERATE: readonly HttpStreamRow[] = [{ body: TEXT, end: OIP_END }];
const INVOKE: readonly HttpStreamRow[] = [
  { what: 'a completion', body: COMPLETION, end: OPENAI_END },
  { what: 'a chat', body: CHAT, end: OPENAI_END },
];
/** The text as it is, in chunks. */
const PREDICT: readonly HttpStreamRow[] = [{ body: PREDICTION, end: 'broken off' }];

const payloadsOf = (bytes: Uint8Array) =>
  readEventStream(bytes)
    .map(({ headers, payload }) => `${headers[':event-type'] === 'PayloadPart' ? '' : 'unexpected: '}${payload}`)
    .join('');

/** The streams of every HTTP route that may answer bit by bit, by method and path; none of those that never do. */
export const HTTP_STREAMS: Readonly<Record<string, readonly HttpStreamRow[]>> = {
  'POST /v2/models/{model}/generate_stream': GENERATE,
  'POST /v2/models/{model}/versions/{version}/generate_stream': GENERATE,
  'POST /v1/chat/completions': [
    { body: CHAT, end: OPENAI_END },
    { what: 'two choices', body: { ...CHAT, n: 2 }, end: OPENAI_END },
  ],
  'POST /v1/completions': [{ body: COMPLETION, end: OPENAI_END }],
  'POST /v1/responses': [
    {
      body: { model: 'kjv', input: PROMPT, max_output_tokens: LONG.max_tokens, temperature: 0, stream: true },
      end: RESPONSE_END,
    },
  ],
  'POST /v1/messages': [
    {
      body: { model: 'kjv', messages: CHAT.messages, max_tokens: LONG.max_tokens, temperature: 0, stream: true },
      end: MESSAGE_END,
    },
  ],
  // They answer whole.
  'POST /v1/responses/input_tokens': [],
  'POST /tokenize': [],
  'POST /detokenize': [],
  'POST /invocations': INVOKE,
  'POST /models/{model}/invoke': INVOKE,
  'POST /endpoints/{endpoint}/invocations': INVOKE,
  'POST /endpoints/{endpoint}/invocations-response-stream': INVOKE.map((row) => ({ ...row, read: payloadsOf })),
  'POST /predict': [
    ...INVOKE,
    {
      what: "Triton's redirect",
      body: TEXT,
      headers: { 'x-vertex-ai-triton-redirect': 'v2/models/kjv/generate_stream' },
      end: OIP_END,
    },
  ],
  'POST /predictions/{model}': PREDICT,
  'POST /predictions/{model}/{version}': PREDICT,
  'PUT /predictions/{model}': PREDICT,
  'PUT /predictions/{model}/{version}': PREDICT,
  'GET /predictions/{model}': PREDICT,
  'GET /predictions/{model}/{version}': PREDICT,
};

const INFER = (tokens: number) => ({
  model_name: 'kjv',
  inputs: [{ name: 'text_input', datatype: 'BYTES', shape: [1], contents: { bytes_contents: [btoa(PROMPT)] } }],
  parameters: { max_tokens: { int64_param: String(tokens) }, ignore_eos: { bool_param: true } },
});
const TORCHSERVE = '/org.pytorch.serve.grpc.inference.InferenceAPIsService/';
const PREDICTIONS = (tokens: number) => ({
  model_name: 'kjv',
  input: { data: btoa(JSON.stringify({ ...PREDICTION, max_tokens: tokens })) },
});
/** `list_services` of whatever. */
const REFLECTION: readonly GrpcStreamRow[] = [{ request: Buffer.from('3a00', 'hex'), more: 'if asked' }];

/** Of `tei.v1`: a request, an answer. The caller may infer one model, as no request names it. */
const TEI_STREAMS: Readonly<Record<string, readonly GrpcStreamRow[]>> = {
  '/tei.v1.Embed/EmbedStream': [{ request: { inputs: 'a' }, models: 'letters', more: 'if asked' }],
  '/tei.v1.Embed/EmbedSparseStream': [{ request: { inputs: 'a' }, models: 'weighs', more: 'if asked' }],
  '/tei.v1.Embed/EmbedAllStream': [{ request: { inputs: 'a' }, models: 'letters', more: 'if asked' }],
  '/tei.v1.Predict/PredictStream': [{ request: { inputs: 'a' }, models: 'sorts', more: 'if asked' }],
  '/tei.v1.Predict/PredictPairStream': [{ request: { inputs: ['a', 'b'] }, models: 'sorts', more: 'if asked' }],
  '/tei.v1.Rerank/RerankStream': [{ request: { query: 'a', text: 'b' }, models: 'judge', more: 'at the end' }],
  '/tei.v1.Tokenize/TokenizeStream': [{ request: { inputs: 'a' }, models: 'letters', more: 'if asked' }],
  '/tei.v1.Tokenize/DecodeStream': [{ request: { ids: [5] }, models: 'letters', more: 'if asked' }],
};

/** The streams of every method of gRPC that has any. */
export const GRPC_STREAMS: Readonly<Record<string, readonly GrpcStreamRow[]>> = {
  '/inference.GRPCInferenceService/ModelStreamInfer': [
    { request: INFER(LONG.max_tokens), more: 'by itself' },
    {
      what: 'errors as its status',
      request: INFER(LONG.max_tokens),
      metadata: { triton_grpc_error: 'true' },
      more: 'by itself',
    },
    { what: 'between two requests', request: INFER(1), more: 'if asked' },
  ],
  [`${TORCHSERVE}StreamPredictions`]: [{ request: PREDICTIONS(LONG.max_tokens), more: 'by itself' }],
  [`${TORCHSERVE}StreamPredictions2`]: [
    { request: PREDICTIONS(LONG.max_tokens), more: 'by itself' },
    { what: 'between two requests', request: PREDICTIONS(1), more: 'if asked' },
  ],
  ...TEI_STREAMS,
  '/grpc.health.v1.Health/Watch': [{ request: new Uint8Array(), more: 'none' }],
  '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo': REFLECTION,
  '/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo': REFLECTION,
};
