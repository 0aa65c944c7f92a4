import { Tensor as OrtTensor } from 'onnxruntime-node';
import { bytesOf, MillraceError, type Tensor, typedView } from '../../core/index.js';
import { decodeTexts, encodeTexts } from './text.js';
import { datatypeOf, ortTypeOf } from './types.js';

/** A tensor as ONNX Runtime takes it. Throws `unimplemented` for BF16, `invalid_argument` for what is no text. */
export function toOrtTensor({ name, datatype, shape, data }: Tensor): OrtTensor {
  if (datatype === 'BYTES') return new OrtTensor('string', decodeTexts(name, data), shape);
  const ortType = ortTypeOf(datatype);
  if (ortType === undefined) {
    throw new MillraceError('unimplemented', `input '${name}': ONNX models do not take ${datatype}`);
  }
  if (datatype === 'FP16') {
    // Where JavaScript has Float16Array (Node 24), the binding's own tensor turns to it, which its native part cannot
    // read; raw bits in a Uint16Array it can.
    const bits = typedView(datatype, data) as Uint16Array;
    return Object.assign(new OrtTensor('uint16', bits, shape), { type: 'float16' });
  }
  // The type's own typed array, by construction of `typedView`; the binding checks it once more.
  return new OrtTensor(ortType, typedView(datatype, data) as OrtTensor['data'], shape);
}

/** A tensor that a session gave. */
export function toTensor(name: string, value: OrtTensor): Tensor {
  const datatype = datatypeOf(value.type);
  if (datatype === undefined) throw new MillraceError('unimplemented', `output '${name}' is of type ${value.type}`);
  // The union of `data` covers places other than the CPU too, where the session puts nothing.
  const data =
    value.type === 'string' ? encodeTexts(value.data as string[]) : bytesOf(value.data as unknown as ArrayBufferView);
  return { name, datatype, shape: value.dims, data };
}
