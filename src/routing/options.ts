import { type Static, Type } from '@sinclair/typebox';
import type { DeepReadonly } from '../core/index.js';
import { ShadowSchema } from './shadow-options.js';

const strict = { additionalProperties: false } as const;
const Name = (description: string) => Type.String({ minLength: 1, maxLength: 128, description });

const ArmSchema = Type.Object(
  {
    name: Type.Optional(Name('What the arm is called. Default: the label, else the version.')),
    model: Type.String({ minLength: 1 }),
    label: Type.Optional(Type.String({ minLength: 1, description: 'The version with this label.' })),
    version: Type.Optional(Type.Integer({ minimum: 1, description: 'This version, in place of a label.' })),
    weight: Type.Number({
      default: 1,
      minimum: 0,
      maximum: 1_000_000,
      description: "Its share is this, divided by the sum of the route's weights.",
    }),
  },
  strict,
);

/** What makes the same callers get the same version. */
export const StickySchema = Type.Object(
  {
    header: Type.Optional(Type.String({ minLength: 1, description: 'A header, or metadata of a gRPC call.' })),
    cookie: Type.Optional(Type.String({ minLength: 1 })),
    parameter: Type.Optional(Type.String({ minLength: 1, description: 'A parameter of the request.' })),
    principal: Type.Optional(Type.Literal(true, { description: 'Who calls.' })),
    trace: Type.Optional(Type.Literal(true, { description: 'The trace id.' })),
  },
  strict,
);

const RuleSchema = Type.Object(
  {
    when: Type.String({
      minLength: 1,
      maxLength: 2_048,
      description: 'A condition in CEL over `headers`, `principal`, `parameters` and `inputs`.',
    }),
    arm: Type.String({ minLength: 1 }),
  },
  strict,
);

const OutlierDetectionSchema = Type.Object(
  {
    consecutiveErrors: Type.Integer({
      default: 5,
      minimum: 1,
      maximum: 1_000_000,
      description: 'An arm that fails so many times one behind the other is left out.',
    }),
    ejectionMs: Type.Number({
      default: 30_000,
      minimum: 1,
      maximum: 86_400_000,
      description: 'For how long; then one request tries it. Twice as long each time that this fails.',
    }),
    maxEjectionMs: Type.Number({ default: 300_000, minimum: 1, maximum: 86_400_000, description: 'At most so long.' }),
  },
  strict,
);

const OutcomesSchema = Type.Object(
  {
    kind: Type.Union([Type.Literal('binary'), Type.Literal('label'), Type.Literal('number')], {
      default: 'binary',
      description: 'What the outcome of an answer is: yes or no, the class that was right, or a number.',
    }),
    range: Type.Optional(
      Type.Array(Type.Number(), {
        minItems: 2,
        maxItems: 2,
        description: 'Of numbers: the least and the largest; others are refused.',
      }),
    ),
    better: Type.Union([Type.Literal('higher'), Type.Literal('lower')], { default: 'higher' }),
    windowMs: Type.Integer({
      default: 604_800_000,
      minimum: 1_000,
      maximum: 7_776_000_000,
      description: 'How long after an answer its outcome is taken.',
    }),
    missing: Type.Optional(
      Type.Number({
        description: 'What counts where none has come within that time. Default: such answers do not count.',
      }),
    ),
  },
  strict,
);

export const RouteSchema = Type.Object(
  {
    arms: Type.Array(ArmSchema, { minItems: 1, maxItems: 32 }),
    sticky: Type.Optional(StickySchema),
    fallback: Type.Array(Type.String({ minLength: 1 }), {
      default: [],
      maxItems: 32,
      description: 'Arms to try, in this order, where the chosen one is unavailable or its queue is full.',
    }),
    outlierDetection: Type.Optional(OutlierDetectionSchema),
    rules: Type.Array(RuleSchema, { default: [], maxItems: 64 }),
    shadow: Type.Optional(ShadowSchema),
    outcomes: Type.Optional(OutcomesSchema),
  },
  // Only what has a default itself is completed inside a map.
  { ...strict, default: {} },
);

/** No slash, and no control character: the store's texts end at a NUL. */
const ROUTE_NAME = '^[^@/\\s\\u0000-\\u001f\\u007f][^/\\u0000-\\u001f\\u007f]{0,199}$';

/** `routes` of the settings, by name. */
export const RoutesOptionsSchema = Type.Record(Type.String({ pattern: ROUTE_NAME }), RouteSchema, {
  ...strict,
  default: {},
  description:
    'Names that are called like models, and the versions of models that answer for them: `arms` with weights, the same ' +
    'arm for the same user (`sticky`), and conditions that come first (`rules`). [Read again](operations.md#reloading) when the file changes.',
});

export type RouteConfig = DeepReadonly<Static<typeof RouteSchema>>;
export type RoutesOptions = Readonly<Record<string, RouteConfig>>;
