import { invalidArgument, isObject } from '../../core/index.js';
import type { AnyModelDefinition } from '../../model/index.js';

/** What each property of a definition has to be. */
const PROPERTIES: Readonly<Record<string, readonly [expected: string, test: (value: unknown) => boolean]>> = {
  inputs: ['an object of tensors by name', isObject],
  outputs: ['an object of tensors by name', isObject],
  maxBatchSize: ['an integer of at least 0', (value) => Number.isSafeInteger(value) && (value as number) >= 0],
  concurrency: ['an integer of at least 1', (value) => Number.isSafeInteger(value) && (value as number) >= 1],
  batched: ['true or false', isBoolean],
  decoupled: ['true or false', isBoolean],
  stateful: ['true or false', isBoolean],
  pure: ['true or false', isBoolean],
  batchInvariant: ['true or false', isBoolean],
  load: ['a function', isFunction],
  start: ['a function', isFunction],
  infer: ['a function', isFunction],
  close: ['a function', isFunction],
};

/** A script's default export as a model; `invalid_argument` for what is none, naming the property. */
export function checkDefinition(exported: unknown): AnyModelDefinition {
  if (!isObject(exported)) {
    throw invalidArgument(`expected \`export default defineModel({ … })\`, got ${describe(exported)}`);
  }
  for (const [name, value] of Object.entries(exported)) {
    const property = PROPERTIES[name];
    if (property === undefined) {
      throw invalidArgument(`unknown property '${name}'; expected one of ${Object.keys(PROPERTIES).join(', ')}`);
    }
    const [expected, test] = property;
    if (value !== undefined && !test(value))
      throw invalidArgument(`${name}: expected ${expected}, got ${describe(value)}`);
  }
  if (exported.infer === undefined) throw invalidArgument('it has no `infer` function');
  // Every property has been checked.
  const definition = exported as unknown as AnyModelDefinition;
  if (definition.batched === true && isDecoupled(definition)) {
    throw invalidArgument(
      'batched models answer each request once: `infer` must not be a generator, nor decoupled true',
    );
  }
  return definition;
}

/** Whether a model answers any number of times: as it says, else whether `infer` is a generator. */
export function isDecoupled({ decoupled, infer }: AnyModelDefinition): boolean {
  return decoupled ?? ['GeneratorFunction', 'AsyncGeneratorFunction'].includes(infer.constructor.name);
}

function isBoolean(value: unknown): boolean {
  return typeof value === 'boolean';
}

function isFunction(value: unknown): boolean {
  return typeof value === 'function';
}

function describe(value: unknown): string {
  if (value === undefined) return 'no default export';
  if (typeof value === 'string') return `'${value.slice(0, 40)}'`;
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return String(value);
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`;
}
