import type { Parameters } from '../../core/index.js';
import { Fields } from './fields.js';

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
