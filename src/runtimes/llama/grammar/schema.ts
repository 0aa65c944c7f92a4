import type { ErrorReason, MillraceError } from '../../../core/index.js';
import type { Budget } from './pattern/budget.js';
import type { GrammarRules } from './rules.js';

/** A value of JSON. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
export type Schema = { readonly [keyword: string]: Json };

/** Most levels of a schema. */
export const MAX_DEPTH = 64;

/** How a schema is read. */
export interface SchemaReading {
  /** What the schema is of, in messages: 'the JSON schema'. */
  readonly what: string;
  /** What an error says besides. */
  readonly reason: ErrorReason;
  /** Refuses what can be neither generated nor checked; else it is passed over. */
  readonly isStrict: boolean;
}

/** Where in the schema something stands. */
export interface Place {
  readonly place: string;
  readonly depth: number;
}

export function within({ place, depth }: Place, step: string | number): Place {
  return { place: `${place}/${step}`, depth: depth + 1 };
}

export function isSchema(value: Json | undefined): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isNames(value: Json): value is readonly string[] {
  return Array.isArray(value) && value.every((name) => typeof name === 'string');
}

/** What the parts of a schema's conversion have in common. */
export interface Conversion {
  readonly rules: GrammarRules;
  /** Steps that the patterns of the schema may take. */
  readonly budget: Budget;
  /** Rules of texts that are made, by what they are made of. */
  readonly texts: Map<string, string>;
  /** The rule of a schema inside the schema. */
  convert(schema: Json, at: Place): string;
  /** What a reference stands for. Throws where that is nothing. */
  find(reference: Json, at: Place): Json;
  /** How often something comes, as `min…` and `max…` say; undefined = any number. */
  counts(what: 'Items' | 'Length' | 'Properties', schema: Schema, at: Place): Counts;
  /** Counts values and alternatives. Throws where there are too many. */
  take(alternatives: number, at: Place): void;
  /** What is no mistake, but cannot be promised: refused, or passed over by a rule that lets more come. */
  passOver(rule: string, at: Place, problem: string): string;
  refuse(at: Place, problem: string): MillraceError;
}

export interface Counts {
  readonly least: number;
  readonly most: number | undefined;
}
