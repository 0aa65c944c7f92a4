import { type TProperties, Type } from '@sinclair/typebox';
import type {
  OutcomeTerms,
  OutlierDetection,
  RouteArm,
  RouteConfig,
  RouteRule,
  ShadowConfig,
  ShadowOutputRules,
  Sticky,
} from '../routes.js';
import { Count, oneOf } from './common.js';
import { schemaOf } from './schema-of.js';

const RouteArmSchema = schemaOf<RouteArm>()(
  Type.Object({
    name: Type.Optional(Type.String({ description: 'Missing: the label, else the version.' })),
    model: Type.String(),
    label: Type.Optional(Type.String({ description: 'The version with this label.' })),
    version: Type.Optional(Type.Integer({ description: 'This version, in place of a label.' })),
    weight: Type.Number({ description: "Its share is this, divided by the sum of the route's weights." }),
  }),
);

const Name = Type.Optional(Type.String({ minLength: 1 }));
const STICKY = {
  header: Name,
  cookie: Name,
  parameter: Name,
  principal: Type.Optional(Type.Literal(true)),
  trace: Type.Optional(Type.Literal(true)),
} satisfies TProperties;

/** {@link Sticky}, with what is to be said of it. */
export const stickyFor = (options: { readonly description?: string; readonly additionalProperties?: false }) =>
  schemaOf<Sticky>()(Type.Object(STICKY, options));

const RouteRuleSchema = schemaOf<RouteRule>()(
  Type.Object({
    when: Type.String({ description: 'A condition in CEL over `headers`, `principal`, `parameters` and `inputs`.' }),
    arm: Type.String(),
  }),
);

const OutlierDetectionSchema = schemaOf<OutlierDetection>()(
  Type.Object({ consecutiveErrors: Count, ejectionMs: Type.Number(), maxEjectionMs: Type.Number() }),
);

const ShadowOutputRulesSchema = schemaOf<ShadowOutputRules>()(
  Type.Object({
    as: Type.Optional(oneOf('values', 'scores', 'probabilities', 'ignored')),
    absoluteTolerance: Type.Optional(Type.Number()),
    relativeTolerance: Type.Optional(Type.Number()),
  }),
);

const ShadowConfigSchema = schemaOf<ShadowConfig>()(
  Type.Object({
    model: Type.String(),
    label: Type.Optional(Type.String()),
    version: Type.Optional(Type.Integer()),
    share: Type.Number(),
    timeoutMs: Type.Number(),
    maxPending: Count,
    allowSideEffects: Type.Boolean(),
    keepSamples: Count,
    compare: Type.Object({
      absoluteTolerance: Type.Number(),
      relativeTolerance: Type.Number(),
      outputs: Type.Record(Type.String(), ShadowOutputRulesSchema),
    }),
  }),
);

const OutcomeTermsSchema = schemaOf<OutcomeTerms>()(
  Type.Object({
    kind: oneOf('binary', 'label', 'number'),
    range: Type.Optional(Type.Array(Type.Number())),
    better: oneOf('higher', 'lower'),
    windowMs: Count,
    missing: Type.Optional(Type.Number()),
  }),
);

export const RouteConfigSchema = schemaOf<RouteConfig>()(
  Type.Object(
    {
      arms: Type.Array(RouteArmSchema),
      sticky: Type.Optional(stickyFor({})),
      fallback: Type.Array(Type.String()),
      outlierDetection: Type.Optional(OutlierDetectionSchema),
      rules: Type.Array(RouteRuleSchema),
      shadow: Type.Optional(ShadowConfigSchema),
      outcomes: Type.Optional(OutcomeTermsSchema),
    },
    { description: 'As in the settings, with their defaults.' },
  ),
);
