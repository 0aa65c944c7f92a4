import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import {
  ELEMENT_SIZE_BYTES,
  elementCount,
  ownValue,
  type Signature,
  type Tensor,
  type TensorSpec,
} from '../core/index.js';
import type { ModelSource } from '../repository/index.js';

interface Sampled {
  readonly source: Pick<ModelSource, 'config' | 'modelFolder'>;
  readonly signature: Signature;
}

/** Shapes that the first warm-up sample gives, by input, as clients send them: somebody has said there what the model takes. */
export function sampleShapes({ source, signature }: Sampled): Readonly<Record<string, readonly number[]>> {
  const inputs = source.config.warmup?.[0]?.inputs ?? {};
  return Object.fromEntries(
    signature.inputs.flatMap((spec) => {
      const shape = ownValue(inputs, spec.name)?.shape;
      return shape === undefined ? [] : [[spec.name, withRow(spec, shape)]];
    }),
  );
}

/** Inputs of the first warm-up sample whose data is in files of at most `maxElements` numbers; what cannot be read is left out. */
export async function readSampleInputs(info: Sampled, maxElements: number): Promise<readonly Tensor[]> {
  const inputs = info.source.config.warmup?.[0]?.inputs ?? {};
  const shapes = sampleShapes(info);
  const tensors = await Promise.all(
    info.signature.inputs.map(async ({ name, datatype, shape: declared }) => {
      const data = ownValue(inputs, name)?.data;
      const shape = ownValue(shapes, name) ?? declared;
      const count = shape.some((size) => size < 0) ? 0 : elementCount(shape);
      if (typeof data !== 'object' || count === 0 || count > maxElements) return [];
      const bytes = await readFile(resolve(info.source.modelFolder, data.file)).catch(() => undefined);
      if (bytes?.byteLength !== count * ELEMENT_SIZE_BYTES[datatype]) return [];
      return [{ name, datatype, shape, data: new Uint8Array(bytes) }];
    }),
  );
  return tensors.flat();
}

/** Triton's way is without the batch dimension. */
function withRow(spec: TensorSpec, shape: readonly number[]): readonly number[] {
  return spec.batchAxis === 0 && shape.length === spec.shape.length - 1 ? [1, ...shape] : shape;
}
