import type { TensorMetadata } from './types.js';

/**
 * The output whose classes are ranked where the caller names none: the first of floats with several values in a row, else the first of
 * floats, else the first. Classifiers of scikit-learn have their label before their probabilities.
 */
export function rankedOutput(outputs: readonly TensorMetadata[]): string | undefined {
  const floats = outputs.filter(({ datatype }) => /^(FP|BF)/.test(datatype));
  const scores = floats.find(({ shape }) => shape.length > 1 && shape.at(-1) !== 1);
  return (scores ?? floats[0] ?? outputs[0])?.name;
}
