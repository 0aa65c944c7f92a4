import type { Parameters } from '../../core/index.js';
import { Fields, isObject } from './fields.js';

const SCHEMA_NAME = /^[\w-]{1,64}$/;

/** What a format says of its schema. Throws `ParameterError`. */
export function readDescribedSchema(format: Fields, fallback?: object): object {
  const name = format.string('name');
  if (name === undefined || !SCHEMA_NAME.test(name)) format.refuse('name', 'up to 64 letters, digits, _ and -');
  format.string('description');
  format.boolean('strict');
  const schema = format.any('schema') ?? fallback;
  return isObject(schema) ? schema : format.refuse('schema', 'a JSON schema');
}

/**
 * What an answer has to be, as parameters of the model. `readSchema` reads the schema where the format has it. Throws
 * `ParameterError`.
 */
export function readFormat(value: unknown, place: string, readSchema: (format: Fields) => object): Parameters {
  const format = Fields.of(value, place);
  const type =
    format.choice('type', ['text', 'json_object', 'json_schema']) ?? format.refuse('type', 'a type of format');
  const schema = type === 'json_schema' ? readSchema(format) : undefined;
  format.end();
  if (schema !== undefined) return { json_schema: schema as Parameters };
  return type === 'text' ? {} : { json_object: true };
}
