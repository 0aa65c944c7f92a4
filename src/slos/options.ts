import { type Static, Type } from '@sinclair/typebox';
import type { DeepReadonly } from '../core/index.js';

const strict = { additionalProperties: false } as const;

const SloSchema = Type.Object(
  {
    model: Type.Optional(Type.String({ minLength: 1, maxLength: 256, description: 'The model whose requests count.' })),
    route: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 256,
        description: 'The route whose requests count, in place of `model`.',
      }),
    ),
    objective: Type.Number({
      minimum: 0.5,
      maximum: 0.99999,
      description: 'The share of the requests that have to be good: `0.999`.',
    }),
    latencyMs: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        maximum: 86_400_000,
        description: 'An answer is good within this time. Only answered requests count.',
      }),
    ),
    firstTokenMs: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        maximum: 86_400_000,
        description:
          'A stream is good if its first answer is there within this time. Only streams that have begun count.',
      }),
    ),
    windowDays: Type.Integer({
      default: 30,
      minimum: 7,
      maximum: 90,
      description: 'Days over which the objective has to be met; they roll.',
    }),
  },
  { ...strict, default: {} },
);

/** `slos` of the settings, by name. */
export const SlosOptionsSchema = Type.Record(Type.String({ minLength: 1, maxLength: 63 }), SloSchema, {
  ...strict,
  default: {},
  description:
    'Service level objectives ([SLOs](slos.md)), each for a model or a route. Without `latencyMs` and `firstTokenMs` the objective is ' +
    'availability: the share of the requests that the server does not fail.',
});

export type SlosOptions = DeepReadonly<Static<typeof SlosOptionsSchema>>;
