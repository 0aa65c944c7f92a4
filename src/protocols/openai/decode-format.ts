import { isObject, type ParameterValue, type ResponseFormat } from '../../core/index.js';
import { Fields } from '../shared/generation/fields.js';
import { ParameterError } from '../shared/generation/parameter-error.js';
import { readGuided } from './decode-guided.js';

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
  // As llama.cpp and Together have it.
  const schema = type === 'json_object' ? format.any('schema') : undefined;
  if (schema !== undefined && !isObject(schema)) format.refuse('schema', 'a JSON schema');
  format.end();
  if (described !== undefined)
    return { type: 'json_schema', schema: described.schema as ParameterValue, strict: described.isStrict };
  if (schema !== undefined) return { type: 'json_schema', schema: schema as ParameterValue, strict: false };
  return type === 'text' ? undefined : { type: 'json_object' };
}

/** The form of an answer, and where the request says so. */
export interface AskedFormat {
  /** undefined = a text. */
  readonly format: ResponseFormat | undefined;
  readonly place: string;
}

/**
 * The form of an answer of chat completions and completions: by `response_format`, or as the clients of vLLM and llama.cpp ask for it. Throws
 * `ParameterError`, also where a request asks in two ways.
 */
export function readAskedFormat(fields: Fields): AskedFormat {
  const given = fields.any('response_format');
  const format = given === undefined ? undefined : readFormat(given, 'response_format', readNestedSchema);
  const asked = [...(format === undefined ? [] : [{ format, place: 'response_format' }]), ...readGuided(fields)];
  const [first, second] = asked;
  if (first !== undefined && second !== undefined) {
    throw new ParameterError(second.place, `'${second.place}': expected to be left out beside '${first.place}'`);
  }
  return first ?? { format: undefined, place: 'response_format' };
}

function readNestedSchema(format: Fields): DescribedSchema {
  const described: Fields = Fields.of(format.any('json_schema'), 'response_format.json_schema');
  const schema = readDescribedSchema(described, {});
  described.end();
  return schema;
}
