import { invalidArgument, isObject, type MillraceError } from '../../core/index.js';

/** One step as the configuration has it: both maps go from the model's tensor to the ensemble's. */
export interface StepOptions {
  readonly model: string;
  /** undefined = the server's version policy chooses. */
  readonly version: number | undefined;
  readonly inputs: Readonly<Record<string, string>>;
  readonly outputs: Readonly<Record<string, string>>;
}

/** Reads the `ensemble` section of a model configuration. Throws `invalid_argument` naming the key. */
export function readEnsembleOptions(section: Readonly<Record<string, unknown>>): readonly StepOptions[] {
  const { steps } = section;
  if (!Array.isArray(steps) || steps.length === 0) throw refuse('steps', 'at least one step', steps);
  return steps.map((step: unknown, index) => readStep(`steps[${index}]`, step));
}

function readStep(key: string, step: unknown): StepOptions {
  if (!isObject(step)) throw refuse(key, 'an object', step);
  const { model, version, inputs, outputs } = step;
  if (typeof model !== 'string' || model === '') throw refuse(`${key}.model`, "a model's name", model);
  if (version !== undefined && !(Number.isInteger(version) && Number(version) > 0)) {
    throw refuse(`${key}.version`, 'a positive integer', version);
  }
  return {
    model,
    version: version === undefined ? undefined : Number(version),
    inputs: readMap(`${key}.inputs`, inputs),
    outputs: readMap(`${key}.outputs`, outputs),
  };
}

function readMap(key: string, map: unknown): Readonly<Record<string, string>> {
  if (!isObject(map)) throw refuse(key, "names of the ensemble's tensors by those of the model's", map);
  for (const [name, tensor] of Object.entries(map)) {
    if (typeof tensor !== 'string' || tensor === '') throw refuse(`${key}.${name}`, "a tensor's name", tensor);
  }
  return map as Readonly<Record<string, string>>;
}

function refuse(key: string, expected: string, got: unknown): MillraceError {
  return invalidArgument(`ensemble.${key}: expected ${expected}, got ${JSON.stringify(got)}`);
}
