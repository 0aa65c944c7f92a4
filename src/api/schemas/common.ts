import { type TSchema, type TUnsafe, Type } from '@sinclair/typebox';
import type { QueryParameter } from './endpoint-spec.js';

/** Of bodies of requests: members that are not listed are refused. */
export const strict = { additionalProperties: false } as const;

/** A {@link Timestamp}. */
export const Time = Type.String({ format: 'date-time' });

/** A {@link Timestamp}. */
export const timeFor = (description: string) => Type.String({ format: 'date-time', description });

export const Count = Type.Integer({ minimum: 0 });

/** One of these texts. */
export function oneOf<const Values extends readonly string[]>(...values: Values): TUnsafe<Values[number]> {
  return Type.Unsafe<Values[number]>(Type.Union(values.map((value) => Type.Literal(value))));
}

/** One of these texts, and what it says. */
export function wordFor<const Values extends readonly string[]>(description: string, ...values: Values) {
  return Type.Unsafe<Values[number]>({ ...oneOf(...values), description });
}

/** Most entries of a page. */
export const MAX_PAGE = 1_000;
/** Entries of a page where the request names no number. */
export const DEFAULT_PAGE = 20;

export const LIMIT: QueryParameter = {
  schema: { type: 'integer', minimum: 1, maximum: MAX_PAGE, default: DEFAULT_PAGE },
};

/** A parameter of the query; a text unless a schema says otherwise. */
export function parameter(description: string, schema: object | TSchema = { type: 'string' }): QueryParameter {
  return { description, schema };
}
