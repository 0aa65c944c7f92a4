import {
  ELEMENT_SIZE_BYTES,
  elementCount,
  formatElementCount,
  formatTensorType,
  invalidArgument,
  msg,
  type Tensor,
  type TensorSpec,
} from '../core/index.js';
import { walkBytes } from './bytes-walk.js';
import type { RequestRules } from './request-rules.js';

/** Checks an input of a request against its part of the signature. Throws `invalid_argument`. */
export function checkTensor(rules: RequestRules, spec: TensorSpec, tensor: Tensor): void {
  checkDatatype(rules, spec, tensor);
  checkDimensions(rules, spec, tensor);
  checkRows(rules, spec, tensor);
  checkData(rules, tensor);
}

export function checkDatatype(rules: RequestRules, spec: TensorSpec, tensor: Tensor): void {
  if (tensor.datatype !== spec.datatype) {
    throw invalidArgument(
      msg`input '${spec.name}' of ${rules.mention}: expected ${spec.datatype}, got ${tensor.datatype}`,
    );
  }
}

export function checkData(rules: RequestRules, tensor: Tensor): void {
  if (tensor.datatype === 'BYTES') {
    checkBytes(rules, tensor);
    return;
  }
  const expectedBytes = elementCount(tensor.shape) * ELEMENT_SIZE_BYTES[tensor.datatype];
  if (tensor.data.byteLength !== expectedBytes) {
    throw invalidArgument(
      `input '${tensor.name}': ${formatTensorType(tensor.datatype, tensor.shape)} needs ${expectedBytes} bytes, got ${tensor.data.byteLength}`,
    );
  }
}

export function checkDimensions(rules: RequestRules, spec: TensorSpec, tensor: Tensor): void {
  const { shape } = tensor;
  let matches = shape.length === spec.shape.length;
  for (let axis = 0; matches && axis < shape.length; axis++) {
    const size = shape[axis] as number;
    const expected = spec.shape[axis] as number;
    if (!Number.isSafeInteger(size) || size < 0 || (expected !== -1 && size !== expected)) matches = false;
  }
  if (!matches) {
    throw invalidArgument(
      msg`input '${spec.name}' of ${rules.mention}: expected shape [${spec.shape.join(',')}], got [${shape.join(',')}]`,
    );
  }
}

export function checkRows(rules: RequestRules, spec: TensorSpec, { shape }: Tensor): void {
  if (spec.batchAxis === null) return;
  const rows = shape[0] ?? 1;
  if (rows === 0) throw invalidArgument(`input '${spec.name}': a request needs at least 1 row, got 0`);
  if (rows > rules.maxBatchSize) {
    throw invalidArgument(
      msg`input '${spec.name}' has ${rows} rows; ${rules.mention} takes at most ${rules.maxBatchSize} a request: send fewer at a time, or raise maxBatchSize in its model.yaml (max_batch_size in its config.pbtxt)`,
    );
  }
}

function checkBytes(rules: RequestRules, tensor: Tensor): void {
  const expected = elementCount(tensor.shape);
  const { count, notText } = walkBytes(tensor.data);
  if (rules.textOnly && notText >= 0) {
    throw invalidArgument(
      msg`input '${tensor.name}': element ${notText} is not valid UTF-8, and ${rules.mention} takes text only`,
    );
  }
  if (count !== expected) {
    throw invalidArgument(
      `input '${tensor.name}': BYTES[${tensor.shape.join(',')}] needs ${formatElementCount(expected)}, got ${count}`,
    );
  }
}
