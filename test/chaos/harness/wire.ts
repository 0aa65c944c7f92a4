import { bytesOf, typedView } from '../../../src/core/index.js';
import type { RawResponse } from '../../support/raw-client.js';
import type { ChaosInput } from './models.js';

export interface InferMessage {
  readonly model: string;
  readonly id: string;
  readonly input: ChaosInput;
  readonly binary: boolean;
  readonly parameters: Readonly<Record<string, string | number | boolean>>;
  readonly headers: Readonly<Record<string, string>>;
}

/** The bytes of an inference request. */
export function encodeInfer({ model, id, input, binary, parameters, headers }: InferMessage): Uint8Array {
  const { shape, data } = input;
  const tensor = { name: 'x', datatype: 'FP32', shape };
  const blob = binary ? bytesOf(data) : new Uint8Array(0);
  const json = binary
    ? { id, parameters: { ...parameters, binary_data_output: true }, inputs: [inBinary(tensor, blob.length)] }
    : { id, parameters, inputs: [{ ...tensor, data: [...data] }] };
  const text = JSON.stringify(json);
  const head = Object.entries({
    host: 'localhost',
    ...headers,
    'content-length': String(text.length + blob.length),
    ...(binary ? { 'inference-header-content-length': String(text.length) } : {}),
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`POST /v2/models/${model}/infer HTTP/1.1\r\n${head.join('')}\r\n${text}`), blob]);
}

function inBinary(tensor: object, sizeBytes: number): object {
  return { ...tensor, parameters: { binary_data_size: sizeBytes } };
}

export interface InferAnswer {
  readonly model: string;
  readonly version: number;
  readonly id: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** The one output of a successful answer. Throws when it is not what answers look like. */
export function decodeAnswer({ headers, body }: RawResponse): InferAnswer {
  const jsonBytes = headers['inference-header-content-length'];
  const head = jsonBytes === undefined ? body : body.subarray(0, Number(jsonBytes));
  const json = JSON.parse(head.toString());
  const [output] = json.outputs;
  return {
    model: json.model_name,
    version: Number(json.model_version),
    id: json.id,
    shape: output.shape,
    data:
      jsonBytes === undefined
        ? Float32Array.from(output.data)
        : (typedView('FP32', body.subarray(head.length)) as Float32Array),
  };
}

/** The text of an error answer. */
export function errorOf(response: RawResponse): string {
  const text = response.body.toString();
  try {
    return String(JSON.parse(text).error);
  } catch {
    return text;
  }
}
