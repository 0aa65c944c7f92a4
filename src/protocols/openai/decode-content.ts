import { describe } from '../shared/generation/fields.js';
import { ParameterError } from '../shared/generation/parameter-error.js';

/** What a message says: a text, or parts of one, each read by `readPart`. Throws {@link ParameterError} for anything else. */
export function readContent(value: unknown, place: string, readPart: (part: unknown, place: string) => string): string {
  if (typeof value === 'string') return value;
  if (!Array.isArray(value)) {
    throw new ParameterError(place, `'${place}': expected a text or a list of parts, got ${describe(value)}`);
  }
  return value.map((part, index) => readPart(part, `${place}[${index}]`)).join('');
}

/** What is said of parts that no model here takes; `expected`: the type that all take. */
export function unsupportedPart(type: string, place: string, expected: string): ParameterError {
  const where = `${place}.type`;
  return new ParameterError(
    where,
    `'${where}': parts of type '${type}' are not supported by this model; expected '${expected}'`,
  );
}
