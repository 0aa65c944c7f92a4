import {
  bytesElements,
  type Datatype,
  decodeElements,
  ELEMENT_SIZE_BYTES,
  elementCount,
  encodeElements,
  formatElementCount,
  isDatatype,
  nestElements,
  type ScalarParameters,
  type Tensor,
} from '../core/index.js';
import { MillraceClientError } from './errors.js';
import type { HttpAnswer } from './transport.js';
import type { ClassScore, InferResult, ModelTypes, Outputs, OutputTensor } from './types.js';
import { parseWireJson } from './wire-json.js';

/** An inference answer with its tensors in the raw encoding. */
export interface DecodedAnswer {
  readonly modelName: string;
  readonly modelVersion: string;
  readonly id: string;
  readonly parameters: ScalarParameters;
  readonly tensors: readonly Tensor[];
}

/** An output as it stands in JSON. */
export interface WireOutput {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly parameters?: { readonly binary_data_size?: number };
  readonly data?: readonly unknown[];
}

interface WireAnswer {
  readonly model_name: string;
  readonly model_version?: string;
  readonly id?: string;
  readonly parameters?: ScalarParameters;
  readonly outputs: readonly WireOutput[];
}

/** Reads an answer of the Open Inference Protocol v2, JSON or binary; `internal` when it is none. */
export function decodeAnswer(answer: HttpAnswer): DecodedAnswer {
  try {
    return decode(answer);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new MillraceClientError('internal', `the server's answer is not an inference response: ${reason}`, {
      status: answer.status,
      requestId: answer.headers.get('x-request-id') ?? undefined,
      cause,
    });
  }
}

function decode({ headers, body }: HttpAnswer): DecodedAnswer {
  const headerLength = Number(headers.get('inference-header-content-length') ?? body.byteLength);
  const header = parseWireJson(new TextDecoder().decode(body.subarray(0, headerLength))) as WireAnswer;
  let offset = headerLength;
  const tensors = header.outputs.map((output) => {
    const sizeBytes = output.parameters?.binary_data_size;
    if (sizeBytes === undefined) return toRaw(output, encodeJsonData(output));
    const data = body.subarray(offset, offset + sizeBytes);
    offset += sizeBytes;
    if (data.byteLength !== sizeBytes) throw new Error(`output '${output.name}' is cut off`);
    return toRaw(output, data);
  });
  return {
    modelName: header.model_name,
    modelVersion: header.model_version ?? '',
    id: header.id ?? '',
    parameters: header.parameters ?? {},
    tensors,
  };
}

function toRaw(output: WireOutput, data: Uint8Array): Tensor {
  const datatype = datatypeOf(output);
  const count = datatype === 'BYTES' ? bytesElements(data).length : data.byteLength / ELEMENT_SIZE_BYTES[datatype];
  if (count !== elementCount(output.shape)) {
    throw new Error(
      `output '${output.name}' holds ${formatElementCount(count)}, its shape [${output.shape.join(',')}] says otherwise`,
    );
  }
  return { name: output.name, datatype, shape: output.shape, data };
}

function datatypeOf(output: WireOutput): Datatype {
  if (!isDatatype(output.datatype)) throw new Error(`output '${output.name}' has the datatype ${output.datatype}`);
  return output.datatype;
}

/** {@link parseWireJson} leaves NaN, ±Infinity and long integers as text: the datatype says what they are. */
export function encodeJsonData(output: WireOutput): Uint8Array {
  const datatype = datatypeOf(output);
  const elements = (output.data ?? []).flat(Number.POSITIVE_INFINITY);
  if (datatype === 'BYTES') return encodeElements(`output '${output.name}'`, datatype, elements);
  const integers = datatype === 'INT64' || datatype === 'UINT64';
  const numbers = elements.map((element) =>
    typeof element !== 'string' ? element : integers ? BigInt(element) : Number(element),
  );
  return encodeElements(`output '${output.name}'`, datatype, numbers);
}

/** The output as the caller gets it. */
export function toOutput(tensor: Tensor): OutputTensor {
  const { datatype, shape, data: raw } = tensor;
  return {
    datatype,
    shape,
    raw,
    data: decodeElements(tensor),
    bytes() {
      if (datatype === 'BYTES') return bytesElements(raw);
      throw new TypeError(`output '${tensor.name}' is ${datatype}, not BYTES: use its data`);
    },
    toNested() {
      return nestElements(this.data, shape);
    },
  };
}

/** The answer as the caller gets it. */
export function toResult<M extends ModelTypes>(
  { tensors, ...answer }: DecodedAnswer,
  about: Pick<InferResult, 'requestId' | 'timingMs'>,
): InferResult<M> {
  const outputs = Object.fromEntries(tensors.map((tensor) => [tensor.name, toOutput(tensor)]));
  // The caller's type says which outputs the model has; what arrived is only known now.
  return { ...answer, outputs: outputs as Outputs<M>, ...about };
}

/** Rows of `"<score>:<index>[:<label>]"` as the classification extension answers them, best first. */
export function toClassScores(tensor: Tensor): readonly (readonly ClassScore[])[] {
  const decoder = new TextDecoder();
  const scores = bytesElements(tensor.data).map((element): ClassScore => {
    const [score = '', index = '', ...label] = decoder.decode(element).split(':');
    return { score: Number(score), index: Number(index), label: label.length === 0 ? undefined : label.join(':') };
  });
  const perRow = tensor.shape.at(-1) ?? 1;
  const rows = perRow === 0 ? 0 : scores.length / perRow;
  return Array.from({ length: rows }, (_, row) => scores.slice(row * perRow, (row + 1) * perRow));
}

/** `queue;dur=0.12, compute;dur=1.9` as milliseconds by name. */
export function parseServerTiming(header: string | null): Readonly<Record<string, number>> {
  const stages = (header ?? '').matchAll(/([^\s;,=]+)(?:;[^,]*?)?;\s*dur=([\d.]+)/g);
  return Object.fromEntries(Array.from(stages, ([, name = '', durationMs]) => [name, Number(durationMs)]));
}
