import { invalidArgument, invalidParameter } from './errors.js';
import type { Parameters, ParameterValue } from './parameters.js';

/** What a number may be, both ends included. */
export interface NumberLimit {
  readonly least: number;
  readonly most: number;
}

/**
 * Reads the parameters of a request one by one. Each mismatch is `invalid_argument` naming the parameter, what was expected and what came, and so
 * is, at the {@link end}, a parameter that is not known.
 */
export class ParameterReader {
  readonly #parameters: Parameters;
  readonly #known = new Set<string>();

  constructor(parameters: Parameters) {
    this.#parameters = parameters;
  }

  any(name: string): ParameterValue | undefined {
    this.#known.add(name);
    return Object.hasOwn(this.#parameters, name) ? this.#parameters[name] : undefined;
  }

  number(name: string, { least, most }: NumberLimit): number | undefined {
    const value = this.any(name);
    if (value === undefined || (typeof value === 'number' && value >= least && value <= most)) return value;
    return this.refuse(name, `a number from ${least} to ${most}`);
  }

  integer(name: string, limit: NumberLimit): number | undefined {
    const value = this.anyInteger(name);
    if (value === undefined || isIntegerWithin(value, limit)) return value;
    return this.refuse(name, `an integer from ${limit.least} to ${limit.most}`);
  }

  boolean(name: string): boolean | undefined {
    const value = this.any(name);
    if (value === undefined || typeof value === 'boolean') return value;
    return this.refuse(name, 'true or false');
  }

  string(name: string): string | undefined {
    const value = this.any(name);
    if (value === undefined || typeof value === 'string') return value;
    return this.refuse(name, 'a string');
  }

  choice<Choice extends string>(name: string, choices: readonly Choice[]): Choice | undefined {
    const value = this.any(name);
    if (value === undefined) return undefined;
    if (choices.length === 0) throw invalidParameter(name, 'expected to be left out, as there is none');
    const choice = choices.find((candidate) => candidate === value);
    return choice ?? this.refuse(name, `one of ${choices.join(', ')}`);
  }

  /** Refuses parameters that were not read: they would do nothing. */
  end(): void {
    const unknown = Object.keys(this.#parameters).find((name) => !this.#known.has(name));
    if (unknown === undefined) return;
    const message = `parameter '${unknown}' is not known; expected ${[...this.#known].join(', ')}`;
    throw invalidArgument(message, { subject: { parameter: unknown } });
  }

  /** NaN where it is no number. */
  protected anyInteger(name: string): number | undefined {
    const value = this.any(name);
    if (value === undefined) return undefined;
    return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : Number.NaN;
  }

  protected refuse(name: string, expected: string): never {
    const value = this.#parameters[name];
    const got = typeof value === 'bigint' ? String(value) : JSON.stringify(value);
    throw invalidParameter(name, `expected ${expected}, got ${got.length > 80 ? `${got.slice(0, 80)}…` : got}`);
  }
}

export function isIntegerWithin(value: number, { least, most }: NumberLimit): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}
