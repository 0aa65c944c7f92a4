import { isUtf8 } from 'node:buffer';
import {
  bytesElements,
  DATATYPES,
  type Datatype,
  decodeElements,
  elementCount,
  encodeElements,
  invalidArgument,
  type Tensor,
} from '../core/index.js';

/** What is known of a tensor's values. Of BYTES, `bytes` is their size. */
export interface TensorSummary {
  readonly elements: number;
  readonly bytes?: number;
  readonly least?: number;
  readonly greatest?: number;
  readonly mean?: number;
  /** Numbers that are no finite ones; the others are of the finite ones. */
  readonly non_finite?: number;
}

/** A tensor in a record, by the names of the Open Inference Protocol. Without `data`, its values were left out. */
export interface LoggedTensor {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  /**
   * Flat. Integers beyond 2^53 and numbers that JSON has not (`NaN`, `Infinity`) are texts; elements of BYTES that are no UTF-8 are objects with
   * the member `b64`.
   */
  readonly data?: readonly unknown[];
  readonly summary?: TensorSummary;
  /** Left out since it was too large. */
  readonly truncated?: true;
  /** It was left out, or parts of it. */
  readonly redacted?: true;
}

/** One request as a line of the payload log. */
export interface PayloadRecord {
  readonly format: 1;
  /** Of its arrival; RFC 3339 in UTC. */
  readonly at: string;
  readonly request_id: string;
  readonly trace_id?: string;
  /** The version that answered, or was to; missing where none was chosen. */
  readonly model: string;
  readonly version?: number;
  readonly route?: string;
  readonly arm?: string;
  /** HMAC-SHA-256 of the caller's identity: the same caller has the same one. */
  readonly principal: string;
  readonly dialect: string;
  /** `ok`, or an error code. */
  readonly status: string;
  readonly latency_ms: number;
  readonly compute_ms?: number;
  readonly inputs: readonly LoggedTensor[];
  readonly parameters?: Readonly<Record<string, unknown>>;
  /** Parameters of a request to a model that generates. */
  readonly generation?: Readonly<Record<string, unknown>>;
  /** Outputs that the request asked for; missing = all. */
  readonly requested_outputs?: readonly string[];
  /** It is a step of a sequence, whose model keeps a state. */
  readonly in_sequence?: true;
  readonly outputs?: readonly LoggedTensor[];
  readonly finish_reason?: string;
}

/** A tensor as a record has it. */
export function logTensor(tensor: Tensor, form: 'values' | 'summary'): LoggedTensor {
  const { name, datatype, shape } = tensor;
  if (form === 'summary') return { name, datatype, shape, summary: summaryOf(tensor) };
  return { name, datatype, shape, data: valuesOf(tensor) };
}

/** The tensor of a record, bit for bit but for the bits of a NaN. Throws `invalid_argument` where its values were left out, or are none of its datatype. */
export function readTensor({ name, datatype, shape, data, redacted }: LoggedTensor): Tensor {
  if (data === undefined || redacted === true) {
    throw invalidArgument(`tensor '${name}': the record does not have all of its values`);
  }
  const values = datatype === 'BYTES' ? data.map(readText) : data.map((value) => readNumber(value, datatype));
  if (values.length !== elementCount(shape)) {
    throw invalidArgument(`tensor '${name}': expected ${elementCount(shape)} elements, got ${values.length}`);
  }
  return { name, datatype, shape, data: encodeElements(name, datatype, values) };
}

/** A line of a payload log; undefined = it is none. */
export function readRecord(line: string): PayloadRecord | undefined {
  if (!line.startsWith('{"format":1,')) return undefined;
  try {
    const record: PayloadRecord = JSON.parse(line);
    const { inputs, outputs = [] } = record;
    return [...inputs, ...outputs].every(isTensor) && typeof record.request_id === 'string' ? record : undefined;
  } catch {
    // It was cut while it was written.
    return undefined;
  }
}

function isTensor({ name, datatype, shape }: LoggedTensor): boolean {
  return typeof name === 'string' && DATATYPES.includes(datatype) && Array.isArray(shape);
}

function valuesOf(tensor: Tensor): readonly unknown[] {
  if (tensor.datatype === 'BYTES') return bytesElements(tensor.data).map(writeText);
  return Array.from(decodeElements(tensor) as ArrayLike<number | bigint>, (value) =>
    typeof value === 'bigint' ? writeInteger(value) : writeNumber(value),
  );
}

function writeText(bytes: Uint8Array): unknown {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return isUtf8(buffer) ? buffer.toString() : { b64: buffer.toString('base64') };
}

function writeInteger(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : String(value);
}

function writeNumber(value: number): number | string {
  return Number.isFinite(value) && !Object.is(value, -0) ? value : Object.is(value, -0) ? '-0' : String(value);
}

function readText(value: unknown): Uint8Array {
  const b64 = typeof value === 'object' && value !== null && 'b64' in value ? value.b64 : undefined;
  return b64 === undefined ? Buffer.from(String(value)) : Buffer.from(String(b64), 'base64');
}

function readNumber(value: unknown, datatype: Datatype): unknown {
  if (datatype === 'INT64' || datatype === 'UINT64') return BigInt(value as number | string);
  if (datatype === 'BOOL') return Boolean(value);
  return typeof value === 'string' ? Number(value) : value;
}

function summaryOf(tensor: Tensor): TensorSummary {
  const elements = elementCount(tensor.shape);
  if (tensor.datatype === 'BYTES') return { elements, bytes: tensor.data.length - 4 * elements };
  let [least, greatest, sum, finite] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0];
  for (const value of Array.from(decodeElements(tensor) as ArrayLike<number | bigint>, Number)) {
    if (!Number.isFinite(value)) continue;
    least = Math.min(least, value);
    greatest = Math.max(greatest, value);
    sum += value;
    finite++;
  }
  const nonFinite = elements - finite;
  return {
    elements,
    ...(finite > 0 && { least, greatest, mean: sum / finite }),
    ...(nonFinite > 0 && { non_finite: nonFinite }),
  };
}
