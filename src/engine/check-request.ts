import {
  checkParameters,
  formatTensorType,
  type GenerationRequest,
  type InferRequest,
  invalidArgument,
  joinMessages,
  type Message,
  MillraceError,
  msg,
  quoted,
  type Tensor,
  type TensorSpec,
  wordingOf,
} from '../core/index.js';
import { parametersOfRequest, promptOfTensors, readGenerationParameters } from '../generation/index.js';
import type { PreparedRequest } from '../runtimes/index.js';
import { checkData, checkDatatype, checkDimensions, checkRows, checkTensor } from './check-tensor.js';
import type { RequestRules } from './request-rules.js';
import { shapeKey } from './shape-key.js';

/** A request that satisfies the model's signature. */
export interface CheckedRequest {
  /** In the signature's order; optional ones may be missing. */
  readonly inputs: readonly Tensor[];
  /** Rows along the batch axis; 1 where the model does not batch. */
  readonly rows: number;
  readonly sizeBytes: number;
  /** Requests with the same key can share a batch. */
  readonly shapeKey: string;
  /** Names of the wanted outputs in the order asked for; undefined = all. */
  readonly outputs: readonly string[] | undefined;
  /** Of a model that generates: the same as a prompt and how it is answered. */
  readonly generation: GenerationRequest | undefined;
  /** By the model's preparer, where it has one. */
  readonly prepared?: PreparedRequest;
  /** One row of a request that is answered as a whole: it does not count as a request. */
  readonly isRow?: boolean;
}

/**
 * Checks a request against the model's signature: names, datatypes, ranks, dimensions, rows and sizes. Throws `invalid_argument` that
 * names the tensor, what was expected and what came; of several tensors that do not fit, or one that does not in several ways, all of it.
 */
export function checkRequest(rules: RequestRules, request: InferRequest): CheckedRequest {
  try {
    return checkFirst(rules, request);
  } catch (error) {
    const { problems: found, unknownInputs } = allProblems(rules, request.inputs);
    const first = wordingOfThrown(error);
    const problems = found.some((problem) => `${problem}` === `${first}`) ? found : [first, ...found];
    if (problems.length < 2) throw error;
    const shown = problems.slice(0, MAX_PROBLEMS);
    const left = problems.length - shown.length + Math.max(0, unknownInputs - MAX_PROBLEMS);
    throw invalidArgument(joinMessages([...shown, ...(left > 0 ? [`${left} more problems`] : [])], '; '));
  }
}

const MAX_PROBLEMS = 8;

/** Everything about the inputs that a caller would otherwise correct one request after the other. */
function allProblems(
  rules: RequestRules,
  inputs: readonly Tensor[],
): { readonly problems: readonly (string | Message)[]; readonly unknownInputs: number } {
  const problems: (string | Message)[] = [];
  const collect = (check: () => void) => {
    try {
      check();
    } catch (error) {
      problems.push(wordingOfThrown(error));
    }
  };
  const byName = new Map(inputs.map((tensor) => [tensor.name, tensor]));
  const known = new Set(rules.inputs.map(({ name }) => name));
  const unknown = [...byName.keys()].filter((name) => !known.has(name));
  // Of callers' names there may be any number.
  problems.push(...unknown.slice(0, MAX_PROBLEMS).map((name) => describeUnknown(rules, name)));
  for (const spec of rules.inputs) {
    const tensor = byName.get(spec.name);
    if (tensor === undefined) {
      // It may be one of those, by another name.
      if (!spec.optional && unknown.length === 0) problems.push(describeMissing(rules, spec));
      continue;
    }
    collect(() => checkDatatype(rules, spec, tensor));
    const before = problems.length;
    collect(() => checkDimensions(rules, spec, tensor));
    collect(() => checkRows(rules, spec, tensor));
    if (problems.length === before && tensor.datatype === spec.datatype) collect(() => checkData(rules, tensor));
  }
  return { problems, unknownInputs: unknown.length };
}

function wordingOfThrown(error: unknown): string | Message {
  return error instanceof Error ? wordingOf(error) : String(error);
}

function checkFirst(rules: RequestRules, request: InferRequest): CheckedRequest {
  const inputs = orderInputs(rules, request.inputs);
  let rows = 0;
  let rowsOf = '';
  const { generation } = request;
  if (generation !== undefined && rules.generate === undefined) {
    throw new MillraceError('unimplemented', msg`${rules.mention} does not generate text`);
  }
  const parameters = parametersOfRequest(request);
  let sizeBytes = checkParameters(parameters, 'invalid_argument');
  let given = 0;
  for (const spec of rules.inputs) {
    const tensor = inputs[given];
    if (tensor === undefined || tensor.name !== spec.name) continue;
    given++;
    checkTensor(rules, spec, tensor);
    sizeBytes += tensor.data.byteLength;
    if (spec.batchAxis === null) continue;
    const tensorRows = tensor.shape[0] as number;
    if (rows === 0) {
      rows = tensorRows;
      rowsOf = tensor.name;
    } else if (rows !== tensorRows) {
      throw invalidArgument(
        msg`inputs of ${rules.mention} disagree on the batch size: '${rowsOf}' has ${rows}, '${tensor.name}' has ${tensorRows}; if the first dimension of one of them counts no rows, set maxBatchSize: 0 in its model.yaml (max_batch_size: 0 in its config.pbtxt)`,
      );
    }
  }
  return {
    inputs,
    rows: rows === 0 ? 1 : rows,
    sizeBytes,
    shapeKey: rules.uniform ? '' : shapeKey(rules, inputs),
    outputs: checkOutputs(rules, request),
    generation:
      rules.generate === undefined
        ? undefined
        : { ...readGenerationParameters(parameters, rules.generate), prompt: promptOfTensors(inputs) },
  };
}

function orderInputs(rules: RequestRules, given: readonly Tensor[]): readonly Tensor[] {
  const specs = rules.inputs;
  if (given.length === specs.length && given.every((tensor, index) => tensor.name === specs[index]?.name)) return given;
  const byName = new Map<string, Tensor>();
  for (const tensor of given) {
    if (byName.has(tensor.name)) throw invalidArgument(`input ${quoted(tensor.name)} is given twice`);
    byName.set(tensor.name, tensor);
  }
  for (const name of byName.keys()) {
    if (specs.some((spec) => spec.name === name)) continue;
    throw invalidArgument(describeUnknown(rules, name));
  }
  const ordered: Tensor[] = [];
  for (const spec of specs) {
    const tensor = byName.get(spec.name);
    if (tensor !== undefined) ordered.push(tensor);
    else if (!spec.optional) throw invalidArgument(describeMissing(rules, spec));
  }
  return ordered;
}

function describeUnknown({ mention, inputs }: RequestRules, name: string): Message {
  const expected = inputs.map((spec) => `'${spec.name}'`).join(', ');
  return msg`${mention} has no input ${quoted(name)}; its inputs are ${expected || 'none'}`;
}

function describeMissing({ mention }: RequestRules, { name, datatype, shape }: TensorSpec): Message {
  return msg`input '${name}' (${formatTensorType(datatype, shape)}) of ${mention} is missing`;
}

function checkOutputs(rules: RequestRules, request: InferRequest): readonly string[] | undefined {
  const wanted = request.outputs;
  if (wanted === undefined || wanted.length === 0) return undefined;
  const names: string[] = [];
  for (const { name } of wanted) {
    if (!rules.outputNames.includes(name)) {
      const leftOut = rules.leftOut.find((output) => output.name === name);
      if (leftOut !== undefined) throw invalidArgument(msg`output '${name}' of ${rules.mention} ${leftOut.reason}`);
      const expected = rules.outputNames.map((output) => `'${output}'`).join(', ');
      throw invalidArgument(msg`${rules.mention} has no output ${quoted(name)}; its outputs are ${expected}`);
    }
    if (!names.includes(name)) names.push(name);
  }
  return names;
}
