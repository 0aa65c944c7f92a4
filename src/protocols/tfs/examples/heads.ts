import {
  bytesElements,
  invalidArgument,
  isFloat,
  type ModelRef,
  type Signature,
  type Tensor,
  type TensorSpec,
} from '../../../core/index.js';

/** What a model can be asked for examples. */
export type Method = 'classify' | 'regress';

/** The outputs that answer a method. */
export interface Head {
  readonly method: Method;
  /** Scores of classes, `[examples, classes]`, or values, `[examples]` or `[examples, 1]`. */
  readonly values: TensorSpec;
  /** The output with the names of the classes, if there is one: strings, one for each score. */
  readonly names?: TensorSpec;
}

/** The method names of `MultiInference`. */
export const METHOD_OF: ReadonlyMap<string, Method> = new Map([
  ['tensorflow/serving/classify', 'classify'],
  ['tensorflow/serving/regress', 'regress'],
]);

/** Names that such outputs have: TensorFlow's, and those of scikit-learn's classifiers. */
const SCORES = ['scores', 'probabilities'];
const CLASSES = 'classes';
const VALUES = 'outputs';

/**
 * The outputs of a model that answer a method: of a classifier, the one with labels in its configuration, or one named `scores` or
 * `probabilities` beside which `classes` may have names; of a regression, the one named `outputs`, or the only one with one number for
 * each example. Throws `invalid_argument` where there are none.
 */
export function headOf({ name }: Pick<ModelRef, 'name'>, signature: Signature, method: Method): Head {
  return method === 'classify' ? classifierOf(name, signature) : regressionOf(name, signature);
}

function classifierOf(model: string, { outputs }: Signature): Head {
  const candidates = outputs.filter((output) => isFloat(output.datatype) && output.shape.length === 2);
  const labelled = candidates.filter(({ labels }) => labels !== undefined);
  const values =
    candidates.find(({ name }) => SCORES.includes(name)) ?? (labelled.length === 1 ? labelled[0] : undefined);
  if (values === undefined) {
    throw invalidArgument(
      `model '${model}' cannot classify: expected an output of floats [examples, classes] that has labels in its configuration or is named 'scores', got none; use predict`,
    );
  }
  const names = outputs.find(({ name, datatype }) => name === CLASSES && datatype === 'BYTES');
  return { method: 'classify', values, ...(names === undefined ? {} : { names }) };
}

function regressionOf(model: string, { outputs }: Signature): Head {
  const candidates = outputs.filter((output) => isFloat(output.datatype) && isOneNumber(output.shape));
  const named = candidates.find(({ name }) => name === VALUES);
  const values = named ?? (candidates.length === 1 ? candidates[0] : undefined);
  if (values !== undefined) return { method: 'regress', values };
  throw invalidArgument(
    `model '${model}' cannot regress: expected one output of floats with one number for each example, got ${candidates.length}; use predict`,
  );
}

function isOneNumber(shape: readonly number[]): boolean {
  return shape.length === 1 || (shape.length === 2 && shape[1] === 1);
}

/** What an answer says by a head: `perExample` values for each of the examples. */
export interface HeadAnswer {
  readonly values: Tensor;
  readonly examples: number;
  readonly perExample: number;
  /** The label of a value by its index in all of them; '' where it has none. */
  readonly labelOf: (index: number) => string;
}

/** Throws `invalid_argument` where the model's answer is not of the shape that the head needs. */
export function answerOf({ method, values: spec, names }: Head, outputs: readonly Tensor[]): HeadAnswer {
  const values = outputs.find(({ name }) => name === spec.name);
  const { shape = [] } = values ?? {};
  const [examples = 0, perExample = 1] = shape;
  if (values === undefined || shape.length === 0 || shape.length > 2 || (method === 'regress' && perExample !== 1)) {
    throw invalidArgument(`output '${spec.name}' of shape [${shape}] does not ${method} examples; use predict`);
  }
  const { labels } = spec;
  const strings = outputs.find(({ name }) => name === names?.name);
  if (strings === undefined) {
    return { values, examples, perExample, labelOf: (index) => labels?.[index % perExample] ?? '' };
  }
  const elements = bytesElements(strings.data);
  return { values, examples, perExample, labelOf: (index) => Buffer.from(elements[index] ?? []).toString() };
}

/** The outputs that the heads need, each once. */
export function outputsOf(
  heads: readonly Head[],
): readonly { readonly name: string; readonly classificationCount: 0 }[] {
  const names = new Set(
    heads.flatMap(({ values, names: strings }) => [values.name, ...(strings === undefined ? [] : [strings.name])]),
  );
  return [...names].map((name) => ({ name, classificationCount: 0 }));
}
