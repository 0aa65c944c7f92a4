import { invalidArgument, invalidParameter } from './errors.js';
import { ObjectReader } from './object-reader.js';
import type { ParameterValue } from './parameters.js';

/**
 * Reads the parameters of a request one by one. Each mismatch is `invalid_argument` naming the parameter, what was expected and what came, and so
 * is, at the {@link end}, a parameter that is not known.
 */
export class ParameterReader extends ObjectReader<ParameterValue> {
  override choice<Choice extends string>(name: string, choices: readonly Choice[]): Choice | undefined {
    if (choices.length > 0 || this.any(name) === undefined) return super.choice(name, choices);
    throw invalidParameter(name, 'expected to be left out, as there is none');
  }

  /** Refuses parameters that were not read: they would do nothing. */
  end(): void {
    const [unknown] = this.unknown;
    if (unknown === undefined) return;
    const message = `parameter '${unknown}' is not known; expected ${this.known.join(', ')}`;
    throw invalidArgument(message, { subject: { parameter: unknown } });
  }

  protected refuse(name: string, expected: string): never {
    const value = this.values[name];
    const got = typeof value === 'bigint' ? String(value) : JSON.stringify(value);
    throw invalidParameter(name, `expected ${expected}, got ${got.length > 80 ? `${got.slice(0, 80)}…` : got}`);
  }
}
