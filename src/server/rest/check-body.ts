import type { TSchema } from '@sinclair/typebox';
import { Value, ValueErrorType } from '@sinclair/typebox/value';
import { excerpt, invalidArgument, quoted } from '../../core/index.js';
import { didYouMean } from '../../text/index.js';

const MAX_VALUE_LENGTH = 40;

/** Throws `invalid_argument` naming the field, what was expected and what came, unless `body` is as `schema` says. */
export function checkBody(schema: TSchema, body: unknown): void {
  const error = Value.Errors(schema, body).First();
  if (error === undefined) return;
  const field = error.path.slice(1).replaceAll('/', '.');
  if (error.type === ValueErrorType.ObjectAdditionalProperties)
    throw invalidArgument(unknownField(error.schema, field));
  const where = field === '' ? 'the body' : `field '${field}'`;
  throw invalidArgument(`${where}: expected ${describeSchema(error.schema)}, got ${describeValue(error.value)}`);
}

function unknownField({ properties = {} }: TSchema, field: string): string {
  const name = field.split('.').at(-1) ?? field;
  return `unknown field ${quoted(field)}${didYouMean(name, Object.keys(properties), "'")}`;
}

function describeSchema(schema: TSchema): string {
  const alternatives: unknown = schema.anyOf;
  if (Array.isArray(alternatives))
    return alternatives.map((alternative: TSchema) => describeSchema(alternative)).join(' or ');
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  const type = typeof schema.type === 'string' ? schema.type : 'something else';
  return typeof schema.minimum === 'number' ? `${type} of at least ${schema.minimum}` : type;
}

function describeValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value === 'object' ? 'object' : `${typeof value} ${excerpt(JSON.stringify(value), MAX_VALUE_LENGTH)}`;
}
