import type { Answer, HttpClient } from './http.js';
import { elementsOf, isFloat, packStrings, type WireTensor } from './tensor.js';

/** How tensors travel: behind the JSON or inside it. */
export type Format = 'binary' | 'json';

export interface InferOptions {
  readonly input: Format;
  readonly output: Format;
}

export interface InferTarget {
  readonly model: string;
  readonly inputs: readonly WireTensor[];
  /** Of the request. */
  readonly parameters?: Readonly<Record<string, unknown>>;
}

/** An infer request's answer: its outputs, or the status and text of the refusal. */
export type InferResult =
  | { readonly outputs: readonly WireTensor[] }
  | { readonly status: number; readonly error: string };

/** One inference over HTTP, every tensor in the given format. */
export async function infer(client: HttpClient, target: InferTarget, options: InferOptions): Promise<InferResult> {
  const { header, blobs } = encodeRequest(target, options);
  const answer = await client.send({
    path: `/v2/models/${encodeURIComponent(target.model)}/infer`,
    headers: options.input === 'binary' ? { 'inference-header-content-length': Buffer.byteLength(header) } : {},
    body: Buffer.concat([Buffer.from(header), ...blobs]),
  });
  return answer.status === 200
    ? { outputs: decodeAnswer(answer) }
    : { status: answer.status, error: answer.body.toString() };
}

function encodeRequest({ inputs, parameters = {} }: InferTarget, options: InferOptions) {
  const tensors = inputs.map((tensor) => {
    const { name, datatype, shape, data } = tensor;
    const head = `"name":${JSON.stringify(name)},"datatype":"${datatype}","shape":[${shape.join()}]`;
    return options.input === 'binary'
      ? `{${head},"parameters":{"binary_data_size":${data.length}}}`
      : `{${head},"data":[${elementsOf(tensor).map(toJson).join()}]}`;
  });
  const all = JSON.stringify({ ...parameters, binary_data_output: options.output === 'binary' });
  return {
    header: `{"parameters":${all},"inputs":[${tensors.join()}]}`,
    blobs: options.input === 'binary' ? inputs.map(({ data }) => data) : [],
  };
}

/** NaN and infinities as the words that Triton writes; strings hold Latin-1 bytes of UTF-8. */
function toJson(element: number | bigint | boolean | string): string {
  if (typeof element === 'string') return JSON.stringify(Buffer.from(element, 'latin1').toString('utf8'));
  return Object.is(element, -0) ? '-0.0' : String(element);
}

interface OutputHead {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly parameters?: { readonly binary_data_size?: number };
  readonly data?: readonly (string | boolean)[];
}

/** Reads both forms of an infer answer. */
export function decodeAnswer({ headers, body }: Answer): WireTensor[] {
  const announced = headers['inference-header-content-length'];
  const headerLength = announced === undefined ? body.length : Number(announced);
  const { outputs } = parseAnswer(body.toString('utf8', 0, headerLength));
  let offset = headerLength;
  const tensors = outputs.map(({ name, datatype, shape, parameters, data }) => {
    const size = parameters?.binary_data_size;
    if (size === undefined) return { name, datatype, shape, data: packJson(datatype, data ?? []) };
    offset += size;
    return { name, datatype, shape, data: Buffer.from(body.subarray(offset - size, offset)) };
  });
  if (offset !== body.length) throw new Error(`${body.length - offset} bytes of the answer belong to no output`);
  return tensors;
}

/** Numbers stay text: JSON.parse would round 64-bit integers and refuse NaN. */
function parseAnswer(text: string): { readonly outputs: readonly OutputHead[] } {
  const kept = text.replace(/"data":\[([^\]"]*)\]/g, (_, list: string) => {
    const words = list === '' ? [] : list.split(',');
    return `"data":${JSON.stringify(words)}`;
  });
  return JSON.parse(kept) as { readonly outputs: readonly OutputHead[] };
}

function packJson(datatype: string, data: readonly (string | boolean)[]): Buffer {
  if (datatype === 'BYTES') return packStrings(data.map((text) => Buffer.from(String(text))));
  return Buffer.concat(data.map((word) => packNumber(datatype, String(word))));
}

function packNumber(datatype: string, word: string): Buffer {
  const bytes = Buffer.alloc(8);
  if (datatype === 'BOOL') return bytes.subarray(0, bytes.writeUInt8(word === 'true' ? 1 : 0));
  if (datatype === 'FP32') return bytes.subarray(0, bytes.writeFloatLE(Number(word)));
  if (datatype === 'FP64') return bytes.subarray(0, bytes.writeDoubleLE(Number(word)));
  if (isFloat(datatype)) throw new Error(`${datatype} came as JSON`);
  const bits = Number(/\d+$/.exec(datatype)?.[0]);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, BigInt(word)));
  return bytes.subarray(0, bits / 8);
}
