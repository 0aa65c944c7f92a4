import {
  ELEMENT_SIZE_BYTES,
  elementCount,
  invalidArgument,
  type MillraceError,
  packBytes,
  type Signature,
  type Tensor,
  type TensorSpec,
} from '../../core/index.js';

/**
 * The input of a raw binary request: the whole body is the data of the model's only input. One row of a batch; one
 * further dimension may be variable and follows from the size. A BYTES input takes the body as its one element.
 */
export function decodeRawInput(signature: Signature, body: Uint8Array): Tensor {
  const [spec, ...others] = signature.inputs;
  if (spec === undefined || others.length > 0) {
    throw refused(`the model must have 1 input, got ${signature.inputs.length}; send a JSON header`);
  }
  const { name, datatype } = spec;
  const fixed = spec.shape.map((dimension, axis) => (axis === spec.batchAxis && dimension < 0 ? 1 : dimension));
  const variable = fixed.filter((dimension) => dimension < 0).length;
  if (variable > 1) throw refused(`input '${name}' must have at most 1 variable dimension, got [${spec.shape}]`);
  if (datatype === 'BYTES') return rawBytesInput(spec, fixed, body);
  const rowBytes = ELEMENT_SIZE_BYTES[datatype] * elementCount(fixed.map((dimension) => Math.abs(dimension)));
  const rows = body.length === 0 ? 0 : body.length / rowBytes;
  if (variable === 0 ? body.length !== rowBytes : !Number.isInteger(rows)) {
    const expected = variable === 0 ? `${rowBytes} bytes` : `a multiple of ${rowBytes} bytes`;
    throw refused(`input '${name}' with shape [${spec.shape}] needs ${expected}, got ${body.length}`);
  }
  return { name, datatype, shape: fixed.map((dimension) => (dimension < 0 ? rows : dimension)), data: body };
}

function rawBytesInput(spec: TensorSpec, fixed: readonly number[], body: Uint8Array): Tensor {
  const shape = fixed.map((dimension) => (dimension < 0 ? 1 : dimension));
  if (elementCount(shape) !== 1) {
    throw refused(`BYTES input '${spec.name}' must take 1 element, its shape is [${spec.shape}]`);
  }
  return { name: spec.name, datatype: 'BYTES', shape, data: packBytes([body]) };
}

function refused(text: string): MillraceError {
  return invalidArgument(`raw binary request: ${text}`);
}
