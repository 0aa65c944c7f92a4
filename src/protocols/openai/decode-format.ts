import type { ParameterValue, ResponseFormat } from '../../core/index.js';
import { Fields, isObject } from '../shared/generation/fields.js';

const SCHEMA_NAME = /^[\w-]{1,64}$/;

/** A schema of a request. */
export interface DescribedSchema {
  readonly schema: object;
  /** Keywords that cannot be promised are refused. */
  readonly isStrict: boolean;
}

/** What a format says of its schema. Throws `ParameterError`. */
export function readDescribedSchema(format: Fields, fallback?: object): DescribedSchema {
  const name = format.string('name');
  if (name === undefined || !SCHEMA_NAME.test(name)) format.refuse('name', 'up to 64 letters, digits, _ and -');
  format.string('description');
  const isStrict = format.boolean('strict') ?? false;
  const schema = format.any('schema') ?? fallback;
  return { schema: isObject(schema) ? schema : format.refuse('schema', 'a JSON schema'), isStrict };
}

/** What an answer has to be; undefined = a text. `readSchema` reads the schema where the format has it. Throws `ParameterError`. */
export function readFormat(
  value: unknown,
  place: string,
  readSchema: (format: Fields) => DescribedSchema,
): ResponseFormat | undefined {
  const format = Fields.of(value, place);
  const type =
    format.choice('type', ['text', 'json_object', 'json_schema']) ?? format.refuse('type', 'a type of format');
  const described = type === 'json_schema' ? readSchema(format) : undefined;
  format.end();
  if (described !== undefined)
    return { type: 'json_schema', schema: described.schema as ParameterValue, strict: described.isStrict };
  return type === 'text' ? undefined : { type: 'json_object' };
}
