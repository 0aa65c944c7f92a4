import type { Tensor as OrtTensor } from 'onnxruntime-node';
import { type EmbeddingSpec, MillraceError } from '../../core/index.js';

/** An output of a graph: a vector for each text, or for each of its tokens. */
export interface TokenVectors {
  /** Elements of a vector. */
  readonly size: number;
  /** The graph gives a vector for each token. */
  readonly isPerToken: boolean;
  /** The vector of a text that the graph has made, or its logits. */
  whole(row: number): Float32Array;
  /** The vectors of the first `count` tokens. */
  tokens(row: number, count: number): readonly Float32Array[];
  /** The vector of a text with `count` tokens. */
  pooled(row: number, count: number, pooling: EmbeddingSpec['pooling']): Float32Array;
}

/** Reads an output. Throws `unimplemented` for one that is not of float32, `internal` for one of another rank. */
export function readVectors(name: string, { type, dims, data }: OrtTensor): TokenVectors {
  if (type !== 'float32') {
    throw new MillraceError('unimplemented', `output '${name}' is of type ${type}; expected float32`);
  }
  if (dims.length < 1 || dims.length > 3) {
    throw new MillraceError('internal', `output '${name}' has ${dims.length} dimensions; expected 1 to 3`);
  }
  const values = data as Float32Array;
  const size = dims.length === 1 ? 1 : (dims.at(-1) as number);
  const length = dims.length === 3 ? (dims[1] as number) : 1;
  const vector = (row: number, token: number) =>
    values.subarray((row * length + token) * size, (row * length + token + 1) * size);
  return {
    size,
    isPerToken: dims.length === 3,
    whole: (row) => vector(row, 0),
    tokens: (row, count) => Array.from({ length: Math.min(count, length) }, (_, token) => vector(row, token)),
    pooled(row, count, pooling) {
      switch (pooling) {
        case 'graph':
        case 'cls':
          return vector(row, 0);
        case 'lasttoken':
          return vector(row, count - 1);
        case 'mean':
          return meanOf(values, { start: row * length * size, count, size });
        default:
          return pooling satisfies never;
      }
    },
  };
}

interface Span {
  readonly start: number;
  readonly count: number;
  readonly size: number;
}

function meanOf(values: Float32Array, { start, count, size }: Span): Float32Array {
  const sum = new Float32Array(size);
  for (let token = 0; token < count; token++) {
    const offset = start + token * size;
    for (let index = 0; index < size; index++) sum[index] = (sum[index] as number) + (values[offset + index] as number);
  }
  for (let index = 0; index < size; index++) sum[index] = (sum[index] as number) / count;
  return sum;
}
