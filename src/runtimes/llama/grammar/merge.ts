import { assertions, isNever } from './keywords.js';
import { isSchema, type Json, type Schema } from './schema.js';

/** What two keywords say excludes each other. */
const EXCLUSIVE = Symbol('exclusive');
const HIGHER = ['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties', 'minContains'];
const LOWER = ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties', 'maxContains'];

/**
 * A schema for what both allow; false = nothing. Of keywords that cannot be taken together, the first schema's are taken: answers are checked by
 * the schema as it was.
 */
export function mergeSchemas(one: Schema, other: Schema): Json {
  const [first, second] = [assertions(one), assertions(other)];
  const merged: { [keyword: string]: Json } = { ...second, ...first };
  for (const [keyword, value] of Object.entries(second)) {
    const own = first[keyword];
    if (own === undefined) continue;
    const joined = together(keyword, own, value);
    if (joined === EXCLUSIVE) return false;
    if (joined !== undefined) merged[keyword] = joined;
    else if (keyword === 'anyOf' && merged.oneOf === undefined) merged.oneOf = value;
  }
  if (isSchema(first.properties) || isSchema(second.properties)) merged.properties = propertiesOf(first, second);
  const values = joinValues(first, second);
  if (values === 'none') return false;
  const { const: _, ...others } = merged;
  return values === undefined ? merged : { ...others, ...values };
}

/** The number of members that a merge of two schemas reads: properties, required names and values. */
export function sizeOf(one: Schema, other: Schema): number {
  return [one, other].reduce((sum, { properties, required, enum: values }) => {
    const described = isSchema(properties) ? Object.keys(properties).length : 0;
    return sum + described + lengthOf(required) + lengthOf(values);
  }, 0);
}

function lengthOf(list: Json | undefined): number {
  return Array.isArray(list) ? list.length : 0;
}

/** What is allowed by a schema for a value and another one. */
function combined(one: Json | undefined, other: Json | undefined): Json {
  if (isNever(one) || isNever(other)) return false;
  if (one === undefined || one === true) return other ?? true;
  if (other === undefined || other === true || other === one) return one;
  return { allOf: [one, other] };
}

/** undefined = the first one is taken. */
function together(keyword: string, one: Json, other: Json): Json | typeof EXCLUSIVE | undefined {
  if (HIGHER.includes(keyword) || LOWER.includes(keyword)) {
    if (typeof one !== 'number' || typeof other !== 'number') return undefined;
    return HIGHER.includes(keyword) ? Math.max(one, other) : Math.min(one, other);
  }
  switch (keyword) {
    case 'type':
      return commonTypes(one, other);
    case 'required':
      return Array.isArray(one) && Array.isArray(other) ? [...new Set([...one, ...other])] : undefined;
    case 'pattern':
      return one === other ? one : `^(?=[^]*(?:${String(one)}))(?=[^]*(?:${String(other)}))`;
    case 'multipleOf':
      return typeof one === 'number' && typeof other === 'number' ? commonMultiple(one, other) : undefined;
    case 'additionalProperties':
    case 'items':
    case 'additionalItems':
    case 'propertyNames':
      return Array.isArray(one) || Array.isArray(other) ? undefined : combined(one, other);
    case 'prefixItems':
      return Array.isArray(one) && Array.isArray(other) ? zipped(one, other) : undefined;
    case 'uniqueItems':
      return one === true || other === true;
    default:
      return undefined;
  }
}

function commonTypes(one: Json, other: Json): Json | typeof EXCLUSIVE {
  const list = (type: Json): readonly Json[] => (Array.isArray(type) ? type : [type]);
  const types = list(one).flatMap((type) => {
    if (list(other).includes(type)) return [type];
    if (type === 'number' && list(other).includes('integer')) return ['integer'];
    return type === 'integer' && list(other).includes('number') ? ['integer'] : [];
  });
  const [first = EXCLUSIVE, second] = new Set(types);
  return second === undefined ? first : [...new Set(types)];
}

function commonMultiple(one: number, other: number): number | undefined {
  if (!Number.isInteger(one) || !Number.isInteger(other) || one <= 0 || other <= 0) return undefined;
  let [divisor, rest] = [one, other];
  while (rest > 0) [divisor, rest] = [rest, divisor % rest];
  const multiple = (one / divisor) * other;
  return Number.isSafeInteger(multiple) ? multiple : undefined;
}

function zipped(one: readonly Json[], other: readonly Json[]): readonly Json[] {
  return Array.from({ length: Math.max(one.length, other.length) }, (_, at) => combined(one[at], other[at]));
}

/** A name that only one of them has is described by the other's `additionalProperties`. */
function propertiesOf(one: Schema, other: Schema): Json {
  const described = ({ properties, additionalProperties }: Schema, name: string) =>
    isSchema(properties) && Object.hasOwn(properties, name) ? properties[name] : additionalProperties;
  const names = [one, other].flatMap(({ properties }) => (isSchema(properties) ? Object.keys(properties) : []));
  return Object.fromEntries(
    [...new Set(names)].map((name) => [name, combined(described(one, name), described(other, name))]),
  );
}

/** The values that `const` and `enum` of both allow; undefined = neither has any. */
function joinValues(one: Schema, other: Schema): { readonly enum: Json } | 'none' | undefined {
  const [first, second] = [valuesOf(one), valuesOf(other)];
  if (first === undefined || second === undefined) return undefined;
  const texts = new Set(second.map((value) => JSON.stringify(value)));
  const common = first.filter((value) => texts.has(JSON.stringify(value)));
  return common.length === 0 ? 'none' : { enum: common };
}

function valuesOf({ const: only, enum: several }: Schema): readonly Json[] | undefined {
  if (only !== undefined) return [only];
  return Array.isArray(several) ? several : undefined;
}
