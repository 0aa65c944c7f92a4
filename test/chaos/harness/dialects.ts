import { bytesOf, typedView } from '../../../src/core/index.js';
import type { RawResponse } from '../../support/raw-client.js';
import { as } from './keys.js';
import type { ChaosInput } from './models.js';

export interface InferMessage {
  readonly model: string;
  readonly id: string;
  readonly input: ChaosInput;
  /** Of the Open Inference Protocol alone, as the headers are. */
  readonly parameters: Readonly<Record<string, string | number | boolean>>;
  readonly headers: Readonly<Record<string, string>>;
}

/** The one output of an answer, and whose it is, as far as the protocol tells that. */
export interface InferAnswer {
  readonly model?: string;
  readonly version?: number;
  readonly id?: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** A way to ask a model over HTTP. */
export interface ChaosDialect {
  readonly name: string;
  /** The bytes of a request. */
  encode(message: InferMessage): Uint8Array;
  /** A successful answer. Throws when it is not what answers look like. */
  decode(response: RawResponse): InferAnswer;
}

function post(path: string, headers: Readonly<Record<string, string>>, body: Uint8Array): Uint8Array {
  const head = Object.entries({
    host: 'localhost',
    ...as('oracle'),
    ...headers,
    'content-length': String(body.length),
  });
  const lines = head.map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`POST ${path} HTTP/1.1\r\n${lines.join('')}\r\n`), body]);
}

const asJson = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));

/** The Open Inference Protocol in JSON. */
export const oipJson: ChaosDialect = {
  name: 'OIP JSON',
  encode({ model, id, input: { shape, data }, parameters, headers }) {
    const inputs = [{ name: 'x', datatype: 'FP32', shape, data: [...data] }];
    return post(`/v2/models/${model}/infer`, headers, asJson({ id, parameters, inputs }));
  },
  decode({ body }) {
    const json = JSON.parse(body.toString());
    return { ...headOf(json), data: Float32Array.from(json.outputs[0].data) };
  },
};

const oipBinary: ChaosDialect = {
  name: 'OIP binary',
  encode({ model, id, input: { shape, data }, parameters, headers }) {
    const blob = bytesOf(data);
    const inputs = [{ name: 'x', datatype: 'FP32', shape, parameters: { binary_data_size: blob.length } }];
    const text = asJson({ id, parameters: { ...parameters, binary_data_output: true }, inputs });
    const binary = { ...headers, 'inference-header-content-length': String(text.length) };
    return post(`/v2/models/${model}/infer`, binary, Buffer.concat([text, blob]));
  },
  decode({ headers, body }) {
    const head = body.subarray(0, Number(headers['inference-header-content-length']));
    const data = typedView('FP32', body.subarray(head.length)) as Float32Array;
    return { ...headOf(JSON.parse(head.toString())), data };
  },
};

interface OipAnswer {
  readonly model_name: string;
  readonly model_version: string;
  readonly id: string;
  readonly outputs: readonly { readonly shape: readonly number[] }[];
}

function headOf({ model_name: model, model_version: version, id, outputs }: OipAnswer) {
  return { model, version: Number(version), id, shape: outputs[0]?.shape ?? [] };
}

/** Rows of JSON, as several protocols have them. */
const rows = (name: string, pathOf: (model: string) => string): ChaosDialect => ({
  name,
  encode: ({ model, input }) => post(pathOf(model), JSON_TYPE, asJson({ instances: rowsOf(input) })),
  decode: ({ body }) => fromRows(JSON.parse(body.toString()).predictions),
});

/** TensorFlow Serving's other format. */
const columns: ChaosDialect = {
  name: 'TFS columns',
  encode: ({ model, input }) => post(predict(model), JSON_TYPE, asJson({ inputs: { x: rowsOf(input) } })),
  decode: ({ body }) => fromRows(JSON.parse(body.toString()).outputs),
};

const JSON_TYPE = { 'content-type': 'application/json' } as const;
const predict = (model: string): string => `/v1/models/${model}:predict`;

function rowsOf({ shape: [count, width], data }: ChaosInput): readonly (readonly number[])[] {
  return Array.from({ length: count }, (_, row) => [...data.subarray(row * width, (row + 1) * width)]);
}

function fromRows(list: readonly (readonly number[])[]): InferAnswer {
  return { shape: [list.length, list[0]?.length ?? 0], data: Float32Array.from(list.flat()) };
}

/** Rows alone, as TorchServe's models take and give them. */
const lists: ChaosDialect = {
  name: 'TorchServe',
  encode: ({ model, input }) => post(`/predictions/${model}`, JSON_TYPE, asJson(rowsOf(input))),
  decode: ({ body }) => fromRows(JSON.parse(body.toString())),
};

/** Vertex AI's one route, with the header by which Triton finds the model there. */
const redirected: ChaosDialect = {
  name: 'Vertex',
  encode({ model, id, input: { shape, data } }) {
    const inputs = [{ name: 'x', datatype: 'FP32', shape, data: [...data] }];
    const headers = { ...JSON_TYPE, 'x-vertex-ai-triton-redirect': `v2/models/${model}/infer` };
    return post('/predict', headers, asJson({ id, inputs }));
  },
  decode: (response) => oipJson.decode(response),
};

/** The protocol in which models are asked to hang, too. */
export const OIP: readonly ChaosDialect[] = [oipJson, oipBinary];

/** Those of other servers, on the port that all share. */
export const FOREIGN: readonly ChaosDialect[] = [
  ...OIP,
  rows('TFS rows', predict),
  columns,
  lists,
  redirected,
  rows('SageMaker', (model) => `/models/${model}/invoke`),
];

/** KServe's, on a port of its own: on the shared one TensorFlow Serving answers its clients. */
export const KSERVE: readonly ChaosDialect[] = [rows('KServe', predict)];

/** What switches all of them on. */
export const DIALECT_SETTINGS = {
  kserve: { enabled: true, httpPort: 0 },
  sagemaker: { enabled: true },
  tfs: { enabled: true },
  torchserve: { enabled: true },
  vertex: { enabled: true },
} as const;

/** The text of an error answer, in whichever protocol. */
export function errorOf({ body }: RawResponse): string {
  const text = body.toString();
  try {
    const { error, message, Message } = JSON.parse(text);
    return String(error?.message ?? error ?? message ?? Message);
  } catch {
    return text;
  }
}
