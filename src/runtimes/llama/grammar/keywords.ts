import { isSchema, type Json, type Schema } from './schema.js';

/** Say nothing of a value. Names that begin with 'x-' do neither. */
const ANNOTATIONS: ReadonlySet<string> = new Set([
  ...['title', 'description', 'default', 'example', 'examples', 'deprecated', 'readOnly', 'writeOnly', 'externalDocs'],
  ...['$schema', '$id', 'id', '$comment', '$anchor', '$defs', 'definitions', 'discriminator'],
  ...['contentEncoding', 'contentMediaType', 'contentSchema'],
]);

const OBJECT_KEYWORDS = [
  ...['properties', 'required', 'additionalProperties', 'patternProperties', 'propertyNames'],
  ...['minProperties', 'maxProperties', 'dependentRequired', 'dependentSchemas', 'unevaluatedProperties'],
];
const ARRAY_KEYWORDS = [
  ...['items', 'prefixItems', 'additionalItems', 'minItems', 'maxItems', 'uniqueItems'],
  ...['contains', 'minContains', 'maxContains', 'unevaluatedItems'],
];
const STRING_KEYWORDS = ['minLength', 'maxLength', 'pattern', 'format'];
const NUMBER_KEYWORDS = ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'];

/** What the value of a keyword is. */
export type Shape =
  | 'schema'
  | 'schemas'
  | 'schema or schemas'
  | 'schemas by name'
  | 'schemas by pattern'
  | 'count'
  | 'number'
  | 'positive number'
  | 'boolean'
  | 'names'
  | 'names by name'
  | 'pattern'
  | 'reference'
  | 'any';

/** By what the values are, the keywords. */
const SHAPES: Readonly<Record<Shape, readonly string[]>> = {
  schema: [
    ...['not', 'if', 'then', 'else', 'additionalProperties', 'propertyNames', 'additionalItems', 'contains'],
    ...['unevaluatedProperties', 'unevaluatedItems'],
  ],
  schemas: ['allOf', 'anyOf', 'oneOf', 'prefixItems'],
  'schema or schemas': ['items'],
  'schemas by name': ['properties', 'dependentSchemas'],
  'schemas by pattern': ['patternProperties'],
  count: [
    ...['minProperties', 'maxProperties', 'minItems', 'maxItems', 'minContains', 'maxContains'],
    ...['minLength', 'maxLength'],
  ],
  number: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'],
  'positive number': ['multipleOf'],
  boolean: ['uniqueItems'],
  names: ['required'],
  'names by name': ['dependentRequired'],
  pattern: ['pattern'],
  reference: ['$ref'],
  any: ['type', 'const', 'enum', 'format'],
};
const SHAPE_BY_KEYWORD: ReadonlyMap<string, Shape> = new Map(
  Object.entries(SHAPES).flatMap(([shape, keywords]) => keywords.map((keyword) => [keyword, shape as Shape])),
);

/** Of answers by these, not all is promised by a grammar, or what is costs any time to check. */
const CHECKED: ReadonlySet<string> = new Set([
  ...['allOf', 'not', 'if', 'then', 'else', 'pattern', 'patternProperties', 'propertyNames'],
  ...['uniqueItems', 'contains', 'dependentRequired', 'dependentSchemas'],
  ...['unevaluatedProperties', 'unevaluatedItems', 'dependencies', '$dynamicRef', '$recursiveRef'],
]);

/** What to write instead of keywords that other dialects have. */
const INSTEAD: Readonly<Record<string, string>> = {
  nullable: "write 'type': ['…', 'null'] or 'anyOf' with { type: 'null' }",
  dependencies: "write 'dependentRequired' or 'dependentSchemas'",
  $dynamicRef: "write '$ref'",
  $recursiveRef: "write '$ref'",
  optional: "leave the name out of 'required'",
};

/** The shape of a keyword's value; 'annotation' = it says nothing; undefined = the keyword is not known. */
export function shapeOf(keyword: string): Shape | 'annotation' | undefined {
  const shape = SHAPE_BY_KEYWORD.get(keyword);
  if (shape !== undefined) return shape;
  return ANNOTATIONS.has(keyword) || keyword.startsWith('x-') ? 'annotation' : undefined;
}

/** Why a schema with a keyword that is not known cannot be strict. */
export function unknownKeyword(keyword: string): string {
  const instead = Object.hasOwn(INSTEAD, keyword) ? INSTEAD[keyword] : 'leave it out, or set strict to false';
  return `the keyword '${keyword}' is not supported in strict mode: ${instead}`;
}

/** Whether a schema has keywords by which a check may take any time. A property of such a name counts as well. */
export function takesAnyTime(schema: Json): boolean {
  if (typeof schema !== 'object' || schema === null) return false;
  if (Array.isArray(schema)) return schema.some(takesAnyTime);
  return Object.entries(schema).some(([keyword, value]) => CHECKED.has(keyword) || takesAnyTime(value));
}

/** The type that keywords are for, where a schema names none. */
export function impliedType(schema: Schema): Json | undefined {
  const has = (keywords: readonly string[]) => keywords.some((keyword) => keyword in schema);
  if (has(OBJECT_KEYWORDS)) return 'object';
  if (has(ARRAY_KEYWORDS)) return 'array';
  if (has(STRING_KEYWORDS)) return 'string';
  return has(NUMBER_KEYWORDS) ? 'number' : undefined;
}

/** Whether a schema allows nothing, as far as that is plain: `false`, or zod's `{ not: {} }`. */
export function isNever(schema: Json | undefined): boolean {
  if (!isSchema(schema)) return schema === false;
  const { not } = schema;
  return not === true || (isSchema(not) && Object.keys(not).length === 0);
}

/** What a schema says besides its annotations, without some of its keywords. */
export function assertions(schema: Schema, ...without: readonly string[]): Schema {
  const kept = Object.entries(schema).filter(
    ([keyword]) => !without.includes(keyword) && shapeOf(keyword) !== 'annotation',
  );
  return Object.fromEntries(kept);
}
