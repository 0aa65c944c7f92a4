import { bytesOf, type Tensor } from '../../src/core/index.js';
import { createInferRequest, type LoadRequest } from '../../src/loadgen/index.js';
import { createRandom } from '../../src/statistics/index.js';
import type { BenchModel } from './models.js';

/** The same rows in every dialect: values in [0, 1) with four decimals. */
export interface Rows {
  readonly count: number;
  readonly shape: readonly number[];
  readonly values: readonly number[];
  readonly bytes: Uint8Array;
}

export function createRows(model: BenchModel, count: number): Rows {
  const random = createRandom(7);
  const size = model.rowShape.reduce((product, dimension) => product * dimension, count);
  const values = Array.from({ length: size }, () => Math.floor(random() * 10_000) / 10_000);
  return { count, shape: [count, ...model.rowShape], values, bytes: bytesOf(Float32Array.from(values)) };
}

/** An Open Inference Protocol v2 request of these rows. */
export function oipRequest(
  rows: Rows,
  options: { readonly model: string; readonly input: string; readonly format: 'json' | 'binary' },
): LoadRequest {
  const tensor: Tensor = { name: options.input, datatype: 'FP32', shape: rows.shape, data: rows.bytes };
  return createInferRequest({ model: options.model, tensors: [tensor], format: options.format });
}

/** The same rows in TensorFlow Serving's JSON, which KServe's v1 protocol has, too. */
export function rowsRequest(rows: Rows, options: { readonly model: string }): LoadRequest {
  const width = rows.values.length / rows.count;
  const instances = Array.from({ length: rows.count }, (_, row) => rows.values.slice(row * width, (row + 1) * width));
  return {
    method: 'POST',
    path: `/v1/models/${options.model}:predict`,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify({ instances })),
  };
}

/** What the Python peers take as JSON: `{"data":[…]}`. */
export function flatJsonRequest(rows: Rows, path: string): LoadRequest {
  return {
    method: 'POST',
    path,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify({ data: rows.values })),
  };
}

/** What the Python peers take as raw floats. */
export function rawRequest(rows: Rows, path: string): LoadRequest {
  return { method: 'POST', path, headers: { 'content-type': 'application/octet-stream' }, body: rows.bytes };
}
