import type { InputValue, TensorMetadata } from '../../client/index.js';
import { elementCount } from '../../core/index.js';

export interface FillOptions {
  readonly fill: 'zero' | 'random';
  /** Full shapes by input name. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
}

/** Zeros, or numbers in [0, 1) and the like; open dimensions are 1. */
export function fillInput(spec: TensorMetadata, { fill: kind, shapes }: FillOptions): InputValue {
  const shape = shapes[spec.name] ?? spec.shape.map((size) => (size === -1 ? 1 : size));
  const count = elementCount(shape);
  const random = kind === 'random' ? Math.random : () => 0;
  const { datatype } = spec;
  if (datatype === 'BYTES') {
    return { shape, datatype, data: Array.from({ length: count }, () => (kind === 'random' ? randomText() : '')) };
  }
  const whole = !/^(FP|BF)/.test(datatype);
  const data = Array.from({ length: count }, () => (whole ? Math.round(random()) : random()));
  return { shape, datatype, data: datatype === 'BOOL' ? data.map((bit) => bit === 1) : data };
}

function randomText(): string {
  return Math.random().toString(36).slice(2, 10);
}
