import { describe, type Fields } from './fields.js';
import { ParameterError } from './parameter-error.js';

/** The text of a member: a text, or parts of one, each read by `readPart`. Throws {@link ParameterError} for anything else. */
export function readContent(fields: Fields, name: string, readPart: (part: Fields) => string): string {
  const value = fields.any(name);
  const place = fields.placeOf(name);
  if (typeof value === 'string') return value;
  if (!Array.isArray(value)) {
    throw new ParameterError(place, `'${place}': expected a text or a list of parts, got ${describe(value)}`);
  }
  return value.map((part, index) => readPart(fields.inner(part, `${place}[${index}]`))).join('');
}

/** What is said of parts that no model here takes; `expected`: the type that all take. */
export function unsupportedPart(type: string, fields: Fields, expected: string): ParameterError {
  const where = fields.placeOf('type');
  return new ParameterError(
    where,
    `'${where}': parts of type '${type}' are not supported by this model; expected '${expected}'`,
  );
}
