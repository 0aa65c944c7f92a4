import { type InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { ELEMENT_SIZE_BYTES, elementCount, type TensorSpec, typedView } from '../../core/index.js';
import { ortTypeOf } from './types.js';

const ROWS = 2;

/**
 * Whether a model keeps rows apart: two rows of zeros in, two rows out of every output. Names of dimensions cannot tell,
 * converters make them up. undefined where it cannot be tried: another dimension is variable, or zeros do not suit it.
 */
export async function keepsRows(
  session: InferenceSession,
  inputs: readonly TensorSpec[],
): Promise<boolean | undefined> {
  const feeds: Record<string, OrtTensor> = {};
  for (const { name, datatype, shape } of inputs) {
    const [, ...rest] = shape;
    const ortType = ortTypeOf(datatype);
    if (ortType === undefined || datatype === 'BYTES' || datatype === 'FP16' || rest.includes(-1)) return undefined;
    const zeros = new Uint8Array(ROWS * elementCount(rest) * ELEMENT_SIZE_BYTES[datatype]);
    feeds[name] = new OrtTensor(ortType, typedView(datatype, zeros) as OrtTensor['data'], [ROWS, ...rest]);
  }
  try {
    const results = await session.run(feeds);
    return Object.values(results).every((value) => value.dims[0] === ROWS);
  } catch {
    return undefined;
  }
}
