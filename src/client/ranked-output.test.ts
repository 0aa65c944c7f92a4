import { expect, it } from 'vitest';
import { rankedOutput } from './ranked-output.js';
import type { TensorMetadata } from './types.js';

const output = (name: string, datatype: TensorMetadata['datatype'], shape: readonly number[]): TensorMetadata => ({
  name,
  datatype,
  shape,
});
const LABEL = output('output_label', 'INT64', [-1]);
const TEXT_LABEL = output('label', 'BYTES', [-1]);
const PROBABILITY = output('output_probability', 'FP32', [-1, 3]);

it.each([
  ['the probabilities of scikit-learn behind their labels', [LABEL, PROBABILITY], 'output_probability'],
  ['the probabilities behind labels that are text', [TEXT_LABEL, PROBABILITY], 'output_probability'],
  ['several floats rather than one', [output('margin', 'FP32', [-1, 1]), PROBABILITY], 'output_probability'],
  ['floats rather than integers', [LABEL, output('y', 'FP64', [-1])], 'y'],
  ['the first of several that fit', [output('a', 'FP16', [-1, 2]), PROBABILITY], 'a'],
  ['the first where there are no floats', [LABEL, output('counts', 'INT32', [-1, 4])], 'output_label'],
  ['none of no outputs', [], undefined],
])('the ranked output is %s', (_what, outputs, name) => expect(rankedOutput(outputs)).toBe(name));
