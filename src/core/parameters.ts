import { type ErrorCode, MillraceError } from './errors.js';

/** Integers beyond 2^53 are bigint. */
export type ParameterScalar = string | number | bigint | boolean;

/** What lists and objects in parameters are made of, as in JSON. */
export type ParameterElement =
  | ParameterScalar
  | null
  | readonly ParameterElement[]
  | { readonly [name: string]: ParameterElement };

/** Values of request and response parameters. Which of them a dialect takes is its own affair. */
export type ParameterValue = Exclude<ParameterElement, null>;
export type Parameters = Readonly<Record<string, ParameterValue>>;
/** Those of dialects without lists and objects. */
export type ScalarParameters = Readonly<Record<string, ParameterScalar>>;

export const NO_PARAMETERS: Parameters = Object.freeze({});

/** Lists and objects inside one another, in one parameter. */
const MAX_DEPTH = 32;
/** Values in the lists and objects of all parameters of a request. */
const MAX_VALUES = 65_536;
/** What a value takes besides its text. */
const VALUE_BYTES = 8;

/**
 * Checks the lists and objects among parameters and returns about how many bytes they hold; 0 when there are none. Throws
 * `code`, naming the place, for what is nested too deep, has too many values, or is no JSON.
 */
export function checkParameters(parameters: Parameters, code: ErrorCode): number {
  let walk: Walk | undefined;
  for (const name in parameters) {
    const value = parameters[name] as ParameterValue;
    if (typeof value !== 'object') continue;
    walk ??= { code, name, values: 0, sizeBytes: 0 };
    walk.name = name;
    visit(walk, value, { path: '', depth: 1 });
  }
  return walk?.sizeBytes ?? 0;
}

/** A parameter for dialects without lists and objects: those are JSON text there, big integers in them decimal text. */
export function scalarParameter(value: ParameterValue): ParameterScalar {
  if (typeof value !== 'object') return value;
  return JSON.stringify(value, (_name, inner: unknown) => (typeof inner === 'bigint' ? String(inner) : inner));
}

/** {@link scalarParameter} of each. */
export function scalarParameters(parameters: Parameters): ScalarParameters {
  return Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, scalarParameter(value)]));
}

interface Walk {
  readonly code: ErrorCode;
  name: string;
  values: number;
  sizeBytes: number;
}

interface Place {
  /** Behind the parameter's name: `[2].type`. */
  readonly path: string;
  readonly depth: number;
}

function visit(walk: Walk, value: ParameterElement, place: Place): void {
  walk.values++;
  walk.sizeBytes += VALUE_BYTES;
  if (walk.values > MAX_VALUES) {
    throw refuse(walk, '', `the lists and objects hold more than ${MAX_VALUES} values`);
  }
  if (typeof value === 'string') walk.sizeBytes += value.length;
  else if (typeof value === 'object' && value !== null) visitAll(walk, value, place);
  else if (!isPlain(value)) throw refuse(walk, place.path, `expected JSON, got ${String(value)}`);
}

function visitAll(walk: Walk, value: object, { path, depth }: Place): void {
  if (depth > MAX_DEPTH) {
    throw refuse(walk, '', `lists and objects are nested deeper than ${MAX_DEPTH}`);
  }
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) visit(walk, item, { path: `${path}[${index}]`, depth: depth + 1 });
    return;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw refuse(walk, path, `expected JSON, got ${value.constructor?.name ?? 'an object of a class'}`);
  }
  for (const [name, item] of Object.entries(value)) {
    walk.sizeBytes += name.length;
    visit(walk, item as ParameterElement, { path: `${path}.${name}`, depth: depth + 1 });
  }
}

function isPlain(value: unknown): boolean {
  return value === null || typeof value === 'boolean' || typeof value === 'bigint' || Number.isFinite(value);
}

/** The subject is a whole parameter: where in one something is wrong, only the message says. */
function refuse({ code, name }: Walk, path: string, problem: string): MillraceError {
  const options = path === '' ? { subject: { parameter: name } } : {};
  return new MillraceError(code, `parameter '${name}${path}': ${problem}`, options);
}
