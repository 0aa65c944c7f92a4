import { formatTensorType, type Signature, type TensorSpec } from '../core/index.js';

/** The first tensor in which two signatures differ, as a sentence; undefined = what is right for one is right for the other. */
export function signatureDifference(one: Signature, other: Signature): string | undefined {
  return tensorDifference('input', one.inputs, other.inputs) ?? tensorDifference('output', one.outputs, other.outputs);
}

function tensorDifference(
  kind: 'input' | 'output',
  these: readonly TensorSpec[],
  those: readonly TensorSpec[],
): string | undefined {
  for (const spec of these) {
    const twin = those.find(({ name }) => name === spec.name);
    if (twin === undefined) return `it has no ${kind} '${spec.name}'`;
    const [expected, got] = [describe(spec), describe(twin)];
    if (expected !== got) return `its ${kind} '${spec.name}' is ${got}, not ${expected}`;
  }
  const surplus = those.find(({ name }) => these.every((spec) => spec.name !== name));
  return surplus === undefined ? undefined : `it has a further ${kind} '${surplus.name}'`;
}

function describe({ datatype, shape, optional }: TensorSpec): string {
  return `${formatTensorType(datatype, shape)}${optional ? ' (optional)' : ''}`;
}
