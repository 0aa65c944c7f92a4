import { type Static, Type } from '@sinclair/typebox';
import type { DeepReadonly } from '../core/index.js';

const Price = (description: string) => Type.Optional(Type.Number({ minimum: 0, maximum: 1e9, description }));

/** What models of some names cost. What is missing costs nothing. */
export const PriceSchema = Type.Object(
  {
    models: Type.Array(Type.String({ minLength: 1, maxLength: 256 }), {
      minItems: 1,
      description: 'Names of models, `*` for any part of one. The first element of the list that has the name counts.',
    }),
    perRequest: Price('Of a request that was answered.'),
    perRow: Price('Of a row of such a request.'),
    perMillionPromptTokens: Price('Of those that were not cached.'),
    perMillionCachedTokens: Price('Of tokens of a prompt that were cached. Default: as those that were not.'),
    perMillionCompletionTokens: Price('Of generated tokens.'),
    perComputeSecond: Price('Of a second on an instance.'),
    perGigabyte: Price('Of 10^9 bytes of requests and answers.'),
  },
  { additionalProperties: false },
);

/** Who has used what. */
export const MeteringOptionsSchema = Type.Object(
  {
    enabled: Type.Union([Type.Boolean(), Type.Literal('auto')], {
      default: 'auto',
      description:
        'Whether it is counted, and kept in the store, who has used what. `auto`: where there are credentials.',
    }),
    keepHoursDays: Type.Integer({
      default: 35,
      minimum: 1,
      maximum: 400,
      description: 'Days for which the sums of hours are kept.',
    }),
    keepDays: Type.Integer({
      default: 400,
      minimum: 1,
      maximum: 36_500,
      description: 'Days for which the sums of days are kept; at least as many as `keepHoursDays`.',
    }),
    maxSeriesPerHour: Type.Integer({
      default: 10_000,
      minimum: 1,
      maximum: 1_000_000,
      description:
        'Principals, each with every model, version, route and arm that it uses, that are told apart in an hour; what others use counts for the principal `(other)`.',
    }),
    currency: Type.String({ default: 'USD', pattern: '^[A-Z]{3}$', description: 'Of the prices: a code of ISO 4217.' }),
    prices: Type.Array(PriceSchema, {
      default: [],
      maxItems: 1_000,
      description: 'What models cost. What was used at a price keeps that price.',
    }),
  },
  { additionalProperties: false, default: {} },
);

export type PriceOptions = DeepReadonly<Static<typeof PriceSchema>>;
export type MeteringOptions = DeepReadonly<Static<typeof MeteringOptionsSchema>>;
