import { createHash } from 'node:crypto';
import type { Tensor } from '../core/index.js';
import { isShared, type RequestRules } from './request-rules.js';

/** Different for different data. */
function valueKey(data: Uint8Array): string {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return data.byteLength <= 64 ? bytes.toString('base64') : createHash('sha256').update(bytes).digest('base64');
}

/** Requests with the same key can share a batch. */
export function shapeKey(rules: RequestRules, inputs: readonly Tensor[]): string {
  let key = '';
  let index = 0;
  for (const spec of rules.inputs) {
    const tensor = inputs[index];
    if (tensor === undefined || tensor.name !== spec.name) {
      key += '-;';
      continue;
    }
    index++;
    if (isShared(spec, rules.maxBatchSize)) key += `${valueKey(tensor.data)},`;
    const padded = rules.paddedAxes.get(spec.name);
    for (let axis = spec.batchAxis === 0 ? 1 : 0; axis < tensor.shape.length; axis++) {
      key += padded?.includes(axis) ? '*,' : `${tensor.shape[axis]},`;
    }
    key += ';';
  }
  return key;
}
