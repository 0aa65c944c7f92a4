import { type ClientUnaryCall, type Metadata, status } from '@grpc/grpc-js';
import type { AppServer } from './app-server.js';
import { protoBytes, protoJson, requestBytes } from './grpc-messages.js';
import type { GrpcClient } from './grpc-server.js';

/** What answered a request, as its protocol says it. */
export interface Answered {
  /** `model/version`. */
  readonly model: string;
  /** undefined where none was asked, or the protocol has no place for it. */
  readonly route: string | undefined;
  readonly arm: string | undefined;
  /** Headers, or metadata at the beginning; none of a stream of calls. */
  readonly header: (name: string) => string | undefined;
}

/** What was answered in place of what was asked for. */
export class RefusedCall extends Error {
  /** HTTP status, or that of gRPC; undefined where it is inside a stream. */
  readonly status: number | undefined;
  /** Headers, or metadata at the end. */
  readonly header: (name: string) => string | undefined;

  constructor(message: string, status?: number, header: RefusedCall['header'] = () => undefined) {
    super(message);
    this.status = status;
    this.header = header;
  }
}

export interface TrafficTarget {
  readonly server: AppServer;
  readonly client: GrpcClient;
  /** By which the model is asked: its own, with a label, or of a route. */
  readonly name: string;
  readonly requestId: string;
}

/** One way to ask a model. */
export interface TrafficCall {
  readonly what: string;
  /** Numbers, sequences, generated text, vectors or scores of texts. */
  readonly kind: 'net' | 'sums' | 'kjv' | 'vectors' | 'scores';
  /** What its answer says of the route. */
  readonly says: 'arm' | 'version';
  /** Requests that it sends. */
  readonly steps: number;
  /** What is said of an unknown label, where that is not it. */
  readonly unknown?: string;
  /** Rejects with what was answered instead. */
  readonly send: (target: TrafficTarget) => Promise<Answered>;
}

const ROW = Array.from({ length: 16 }, (_, index) => index / 16);
const INPUT = { name: 'x', datatype: 'FP32', shape: [1, 16] };
const OIP = { inputs: [{ ...INPUT, data: ROW }] };
const TEXT = { text_input: 'And', max_tokens: 4, ignore_eos: true };
const CHAT = { messages: [{ role: 'user', content: 'And' }], max_tokens: 4, ignore_eos: true };
const MESSAGE = { messages: CHAT.messages, max_tokens: 4, temperature: 0 };
const OIP_SERVICE = '/inference.GRPCInferenceService';
const base64 = (text: string) => Buffer.from(text).toString('base64');

interface Asked {
  readonly path: string;
  readonly body: object;
  readonly headers?: Readonly<Record<string, string>>;
  readonly base?: string | undefined;
}

async function post({ server, requestId }: TrafficTarget, { path, body, headers, base }: Asked): Promise<Answered> {
  const answer = await fetch(`${base ?? server.addresses.http.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-request-id': requestId, ...headers },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  const header = (name: string) => answer.headers.get(name) ?? undefined;
  if (answer.status !== 200) throw new RefusedCall(`${answer.status} ${text}`, answer.status, header);
  return saying(header);
}

async function callUnary(
  { client, requestId }: TrafficTarget,
  { path, request }: { readonly path: string; readonly request: object },
): Promise<Answered> {
  let said: Metadata | undefined;
  const onCall = (call: ClientUnaryCall) => call.on('metadata', (metadata: Metadata) => (said = metadata));
  const metadata = { 'x-request-id': requestId };
  const { status: end } = await client.unary(requestBytes(path, request), { path, metadata, onCall });
  if (end.code !== status.OK) {
    const entry = (name: string) => end.metadata.get(name)[0]?.toString();
    throw new RefusedCall(`${end.code} ${end.details}`, end.code, entry);
  }
  return saying((name) => said?.get(name)[0]?.toString());
}

function saying(header: Answered['header']): Answered {
  const ofMillrace = (name: string) => header(`x-millrace-${name}`);
  return { model: ofMillrace('model') ?? '', route: ofMillrace('route'), arm: ofMillrace('arm'), header };
}

/** One request over a stream of calls, whose messages say which version answers. */
function callStream({ client, name, requestId }: TrafficTarget): Promise<Answered> {
  const stream = client.stream({ path: `${OIP_SERVICE}/ModelStreamInfer`, metadata: { 'x-request-id': requestId } });
  const message = protoBytes('ModelInferRequest', {
    model_name: name,
    inputs: [{ name: 'text_input', datatype: 'BYTES', shape: [1], contents: { bytes_contents: [base64('And')] } }],
    parameters: { max_tokens: { int64_param: '4' }, ignore_eos: { bool_param: true } },
  });
  let version: string | undefined;
  return new Promise((resolve, reject) => {
    stream.on('data', (data: Buffer) => {
      // biome-ignore lint/suspicious/noExplicitAny: JSON of a message
      const { infer_response: answer, error_message: error } = protoJson('ModelStreamInferResponse', [data]) as any;
      if (error) reject(new RefusedCall(error));
      version = answer?.model_version;
    });
    stream.on('error', reject);
    stream.on('end', () => resolve({ ...saying(() => undefined), model: `kjv/${version}` }));
    stream.write(Buffer.from(message));
    stream.end();
  });
}

const STEPS = [{ sequence_start: true }, {}, { sequence_end: true }] as const;
let sequences = 0;

/** The steps of a sequence, which all have to be answered alike. */
async function inSequence(step: (id: number, flags: Readonly<Record<string, boolean>>) => Promise<Answered>) {
  const id = ++sequences;
  const [start, ...others] = STEPS;
  const first = await step(id, start);
  for (const flags of others) {
    const { model, arm } = await step(id, flags);
    if (model !== first.model || arm !== first.arm) throw new Error(`sequence ${id} began on ${first.model}: ${model}`);
  }
  return first;
}

const http = (what: string, kind: TrafficCall['kind'], asked: (name: string) => Asked): TrafficCall => ({
  what,
  kind,
  says: 'arm',
  steps: 1,
  send: (target) => post(target, asked(target.name)),
});

const path = (text: string, body: object, more: Partial<Asked> = {}) => ({ path: text, body, ...more });

/** Every dialect over HTTP and gRPC: numbers, sequences, streams and generated text. */
export const TRAFFIC_CALLS: readonly TrafficCall[] = [
  http('OIP', 'net', (name) => path(`/v2/models/${name}/infer`, OIP)),
  http('TensorFlow Serving', 'net', (name) => path(`/v1/models/${name}:predict`, { instances: [ROW] })),
  http('TorchServe', 'net', (name) => path(`/predictions/${name}`, { instances: [ROW] })),
  http('SageMaker, a container of several models', 'net', (name) =>
    path(`/models/${name}/invoke`, { instances: [ROW] }),
  ),
  {
    ...http('SageMaker, an endpoint', 'net', (name) => path(`/endpoints/${name}/invocations`, { instances: [ROW] })),
    // An endpoint may be called otherwise than its model.
    unknown: 'which model is meant?',
  },
  http('Vertex AI', 'net', (name) =>
    path('/vertex:predict', OIP, { headers: { 'x-vertex-ai-triton-redirect': `v2/models/${name}/infer` } }),
  ),
  {
    what: 'KServe v1',
    kind: 'net',
    says: 'arm',
    steps: 1,
    send: (target) =>
      post(target, {
        path: `/v1/models/${target.name}:predict`,
        body: { instances: [ROW] },
        base: target.server.addresses.dialects.kserve?.http?.url,
      }),
  },
  http('OIP, generated text', 'kjv', (name) => path(`/v2/models/${name}/generate`, TEXT)),
  http('OIP, a stream', 'kjv', (name) => path(`/v2/models/${name}/generate_stream`, TEXT)),
  http("OpenAI's chat", 'kjv', (name) => path('/v1/chat/completions', { ...CHAT, model: name })),
  http("OpenAI's chat, a stream", 'kjv', (name) =>
    path('/v1/chat/completions', { ...CHAT, model: name, stream: true }),
  ),
  http("OpenAI's completions", 'kjv', (name) =>
    path('/v1/completions', { model: name, prompt: 'And', max_tokens: 4, ignore_eos: true }),
  ),
  http("OpenAI's responses", 'kjv', (name) =>
    path('/v1/responses', { model: name, input: 'And', max_output_tokens: 16, temperature: 0 }),
  ),
  http("Anthropic's messages", 'kjv', (name) => path('/v1/messages', { ...MESSAGE, model: name })),
  http("Anthropic's messages, a stream", 'kjv', (name) =>
    path('/v1/messages', { ...MESSAGE, model: name, stream: true }),
  ),
  http('OIP, a text', 'vectors', (name) =>
    path(`/v2/models/${name}/infer`, { inputs: [{ name: 'text', datatype: 'BYTES', shape: [1], data: ['a'] }] }),
  ),
  http("OpenAI's embeddings", 'vectors', (name) => path('/v1/embeddings', { model: name, input: 'a' })),
  http('TEI', 'vectors', (name) => path(`/tei/${name}/embed`, { inputs: 'a' })),
  http("Cohere's embed", 'vectors', (name) =>
    path('/v2/embed', { model: name, texts: ['a'], input_type: 'search_document', embedding_types: ['float'] }),
  ),
  http("vLLM's score", 'scores', (name) => path('/score', { model: name, text_1: 'a', text_2: 'b' })),
  http("Cohere's rerank", 'scores', (name) => path('/v2/rerank', { model: name, query: 'a', documents: ['b'] })),
  {
    what: 'OIP, a sequence',
    kind: 'sums',
    says: 'arm',
    steps: STEPS.length,
    send: (target) =>
      inSequence((sequence_id, flags) => {
        const inputs = [{ name: 'x', datatype: 'INT32', shape: [1], data: [7] }];
        const body = { inputs, parameters: { sequence_id, ...flags } };
        return post(target, { path: `/v2/models/${target.name}/infer`, body });
      }),
  },
  {
    what: 'OIP over gRPC',
    kind: 'net',
    says: 'arm',
    steps: 1,
    send: (target) =>
      callUnary(target, {
        path: `${OIP_SERVICE}/ModelInfer`,
        request: { model_name: target.name, inputs: [{ ...INPUT, contents: { fp32_contents: ROW } }] },
      }),
  },
  {
    what: 'OIP over gRPC, a sequence',
    kind: 'sums',
    says: 'arm',
    steps: STEPS.length,
    send: (target) =>
      inSequence((id, flags) => {
        const parameters = Object.entries(flags).map(([name, value]) => [name, { bool_param: value }]);
        const request = {
          model_name: target.name,
          inputs: [{ name: 'x', datatype: 'INT32', shape: [1], contents: { int_contents: [7] } }],
          parameters: { sequence_id: { int64_param: `${id}` }, ...Object.fromEntries(parameters) },
        };
        return callUnary(target, { path: `${OIP_SERVICE}/ModelInfer`, request });
      }),
  },
  { what: 'OIP over gRPC, a stream', kind: 'kjv', says: 'version', steps: 1, send: callStream },
  {
    what: 'TensorFlow Serving over gRPC',
    kind: 'net',
    says: 'arm',
    steps: 1,
    send: (target) => {
      const dim = INPUT.shape.map((size) => ({ size }));
      const x = { dtype: 'DT_FLOAT', tensor_shape: { dim }, float_val: ROW };
      const request = { model_spec: { name: target.name }, inputs: { x } };
      return callUnary(target, { path: '/tensorflow.serving.PredictionService/Predict', request });
    },
  },
  {
    what: 'TorchServe over gRPC',
    kind: 'net',
    says: 'arm',
    steps: 1,
    send: (target) => {
      const request = { model_name: target.name, input: { data: base64(JSON.stringify({ instances: [ROW] })) } };
      return callUnary(target, { path: '/org.pytorch.serve.grpc.inference.InferenceAPIsService/Predictions', request });
    },
  },
];
