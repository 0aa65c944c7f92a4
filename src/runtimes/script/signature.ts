import {
  DATATYPES,
  formatTensorType,
  invalidArgument,
  isDatatype,
  type Signature,
  type TensorSpec,
} from '../../core/index.js';
import type { AnyModelDefinition, TensorDeclaration, TensorDeclarations, TensorFields } from '../../model/index.js';
import type { LoadSpec } from '../contract.js';
import type { SequenceSpec } from '../sequence-spec.js';

/** What a script and the configuration beside it say together. */
export interface ScriptSignature {
  readonly signature: Signature;
  readonly maxBatchSize: number | undefined;
}

/** Brings a script's own declarations and the configured ones together; `invalid_argument` for a contradiction or a gap. */
export function readSignature(
  definition: AnyModelDefinition,
  { declared, maxBatchSize: configured, sequence }: Pick<LoadSpec, 'declared' | 'maxBatchSize' | 'sequence'>,
): ScriptSignature {
  const own = definition.maxBatchSize;
  if (
    own !== undefined &&
    configured !== undefined &&
    (own === 0 ? configured > 0 : configured > own || configured === 0)
  ) {
    throw invalidArgument(`maxBatchSize is ${configured} in the configuration, but ${own} in the script`);
  }
  const maxBatchSize = configured ?? own;
  const batches = (maxBatchSize ?? 0) > 0;
  const complete = (kind: 'input' | 'output', tensors: TensorDeclarations | undefined): readonly TensorSpec[] => {
    const given = declared?.[`${kind}s`] ?? [];
    if (tensors === undefined) {
      const isGiven = ({ name }: TensorSpec) => given.some((tensor) => tensor.name === name);
      if (given.length > 0) {
        return [...given, ...ofSequences(kind, sequence, batches).filter((tensor) => !isGiven(tensor))];
      }
      throw invalidArgument(`${kind}s are declared neither in the script nor in the configuration`);
    }
    return Object.entries(tensors).map(([name, tensor]) => readTensor(kind, name, { tensor, batches }));
  };
  return {
    signature: { inputs: complete('input', definition.inputs), outputs: complete('output', definition.outputs) },
    maxBatchSize,
  };
}

/** Controls and states, which a configuration lists beside the tensors of clients. */
function ofSequences(
  kind: 'input' | 'output',
  { controls, states }: SequenceSpec = NO_SEQUENCES,
  batches: boolean,
): readonly TensorSpec[] {
  const batchAxis: 0 | null = batches ? 0 : null;
  const own = kind === 'input' ? controls : [];
  return [
    ...own.map(({ name, datatype }) => ({
      name,
      datatype,
      batchAxis,
      optional: false,
      shape: batches ? [-1, 1] : [1],
    })),
    ...states.map(({ inputName, outputName, datatype, shape, batchAxis: axis }) => ({
      name: kind === 'input' ? inputName : outputName,
      datatype,
      batchAxis,
      optional: false,
      shape: shape.map((size, index) => (index === axis ? -1 : size)),
    })),
  ];
}

const NO_SEQUENCES: SequenceSpec = { controls: [], states: [] };

function readTensor(
  kind: 'input' | 'output',
  name: string,
  { tensor, batches }: { readonly tensor: TensorDeclaration; readonly batches: boolean },
): TensorSpec {
  const what = `${kind} '${name}'`;
  const { datatype, shape, optional = false, labels } = fieldsOf(what, tensor);
  if (!isDatatype(datatype))
    throw invalidArgument(`${what}: '${datatype}' is no datatype; expected one of ${DATATYPES.join(', ')}`);
  if (!Array.isArray(shape) || !shape.every((size) => Number.isSafeInteger(size) && size >= -1)) {
    throw invalidArgument(`${what}: expected a shape of sizes, -1 where any is accepted, got ${JSON.stringify(shape)}`);
  }
  if (batches && shape[0] !== -1) {
    throw invalidArgument(
      `${what} is ${formatTensorType(datatype, shape)}: with a maxBatchSize its first dimension must be -1`,
    );
  }
  if (kind === 'output' && optional) throw invalidArgument(`${what}: only inputs are optional`);
  return {
    name,
    datatype,
    shape,
    optional,
    batchAxis: batches ? 0 : null,
    ...(labels === undefined ? {} : { labels }),
  };
}

/** `FP32[-1,16]?` as its long form. */
function fieldsOf(what: string, tensor: TensorDeclaration): TensorFields {
  if (typeof tensor !== 'string') return tensor;
  const [, datatype, sizes, mark] = /^(\w+)\[([-\d,\s]*)\](\?)?$/.exec(tensor) ?? [];
  if (datatype === undefined || sizes === undefined) {
    throw invalidArgument(`${what}: expected a datatype and a shape like 'FP32[-1,16]', got '${tensor}'`);
  }
  const shape =
    sizes.trim() === '' ? [] : sizes.split(',').map((size) => (size.trim() === '' ? Number.NaN : Number(size)));
  // Whether it is a datatype is for the caller to see.
  return { datatype: datatype as TensorFields['datatype'], shape, optional: mark !== undefined };
}
