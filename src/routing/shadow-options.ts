import { type Static, Type } from '@sinclair/typebox';
import type { DeepReadonly } from '../core/index.js';

const strict = { additionalProperties: false } as const;

const AbsoluteTolerance = { minimum: 0, maximum: 1e300, description: 'Numbers this far apart are the same.' };
const RelativeTolerance = {
  minimum: 0,
  maximum: 1,
  description: "And so are those as far apart as this share of the primary's number.",
};

const OutputRuleSchema = Type.Object(
  {
    as: Type.Optional(
      Type.Union(
        [Type.Literal('values'), Type.Literal('scores'), Type.Literal('probabilities'), Type.Literal('ignored')],
        {
          description:
            'How numbers are compared: each for itself, or by their highest class (`scores` become probabilities by softmax). ' +
            'Default: by class where all rows are probabilities.',
        },
      ),
    ),
    absoluteTolerance: Type.Optional(Type.Number(AbsoluteTolerance)),
    relativeTolerance: Type.Optional(Type.Number(RelativeTolerance)),
  },
  strict,
);

const CompareSchema = Type.Object(
  {
    absoluteTolerance: Type.Number({ default: 1e-5, ...AbsoluteTolerance }),
    relativeTolerance: Type.Number({ default: 1e-3, ...RelativeTolerance }),
    outputs: Type.Record(Type.String({ minLength: 1 }), OutputRuleSchema, {
      default: {},
      description: 'By name, what is different for an output.',
    }),
  },
  { ...strict, default: {} },
);

/** `shadow` of a route: the version that gets a copy of its requests, and how the answers are compared. */
export const ShadowSchema = Type.Object(
  {
    model: Type.String({ minLength: 1 }),
    label: Type.Optional(Type.String({ minLength: 1, description: 'The version with this label.' })),
    version: Type.Optional(Type.Integer({ minimum: 1, description: 'This version, in place of a label.' })),
    share: Type.Number({ default: 1, exclusiveMinimum: 0, maximum: 1, description: 'Share of the requests to copy.' }),
    timeoutMs: Type.Number({
      default: 10_000,
      minimum: 1,
      maximum: 3_600_000,
      description: 'A copy that takes longer is given up.',
    }),
    maxPending: Type.Integer({
      default: 256,
      minimum: 1,
      maximum: 10_000,
      description: 'Copies that wait or run at a time; further requests are not copied.',
    }),
    allowSideEffects: Type.Boolean({
      default: false,
      description:
        'Copies also to a version that is not known to be free of side effects: scripts that are not `pure`, ensembles.',
    }),
    keepSamples: Type.Integer({
      default: 0,
      minimum: 0,
      maximum: 32,
      description:
        'So many of the worst disagreements are kept in memory with their inputs and outputs, for the report.',
    }),
    compare: CompareSchema,
  },
  strict,
);

export type ShadowConfig = DeepReadonly<Static<typeof ShadowSchema>>;
