import { Type } from '@sinclair/typebox';
import type {
  ArmOutcomes,
  Feedback,
  JoinedOutcome,
  OutcomeEffect,
  OutcomeEndpoints,
  OutcomeReport,
} from '../outcomes.js';
import { oneOf, parameter, strict } from './common.js';
import type { EndpointSpecs } from './endpoint-spec.js';
import { intervalFor } from './estimates.js';
import { schemaOf } from './schema-of.js';

const FeedbackSchema = schemaOf<Feedback>()(
  Type.Object(
    {
      request_id: Type.String({
        minLength: 1,
        maxLength: 256,
        description: "The request's `x-request-id`, which its answer carries.",
      }),
      value: Type.Union([Type.Boolean(), Type.Number(), Type.String({ minLength: 1, maxLength: 256 })], {
        description:
          'What became of the answer: true, false, 0 or 1 of binary outcomes, the class that was right of labels, else a number in their range.',
      }),
      principal: Type.Optional(
        Type.String({
          minLength: 1,
          description: 'The principal of the request, where it is not the caller: needs the right `feedback.relay`.',
        }),
      ),
    },
    strict,
  ),
);

const ARM = { arm: Type.String(), model: Type.String(), version: Type.Integer() };

const JoinedOutcomeSchema = schemaOf<JoinedOutcome>()(
  Type.Object({ route: Type.String(), ...ARM, value: Type.Number() }),
);

const OutcomeEffectSchema = schemaOf<OutcomeEffect>()(
  Type.Object(
    {
      difference: Type.Number(),
      difference_interval: intervalFor('Of the difference.'),
      ratio: Type.Optional(Type.Number({ description: 'Of the two means; missing unless both are above 0.' })),
      ratio_interval: Type.Optional(intervalFor('Of the ratio.')),
    },
    {
      description: 'Against the baseline; missing for the baseline itself and where there are too few outcomes.',
    },
  ),
);
const ArmOutcomesSchema = schemaOf<ArmOutcomes>()(
  Type.Object({
    ...ARM,
    kind: oneOf('binary', 'label', 'number'),
    better: oneOf('higher', 'lower'),
    answers: Type.Integer(),
    outcomes: Type.Integer(),
    mean: Type.Optional(
      Type.Number({ description: 'Of binary outcomes and of labels the rate; missing where there are no outcomes.' }),
    ),
    interval: Type.Optional(intervalFor('Of the mean; missing where there are too few outcomes.')),
    effect: Type.Optional(OutcomeEffectSchema),
  }),
);
const OutcomeReportSchema = schemaOf<OutcomeReport>()(
  Type.Object({
    route: Type.String(),
    confidence: Type.Literal(0.95, { description: 'Of all intervals.' }),
    baseline: Type.Optional(
      Type.String({
        description: 'The arm that the others are compared with; missing where nothing is known of any.',
      }),
    ),
    dropped_answers: Type.Integer({ description: 'Since the start of the server: their outcomes are refused.' }),
    arms: Type.Array(ArmOutcomesSchema),
  }),
);

const tag = 'traffic';

/** What became of answers: telling it, and comparing arms by it. */
export const OUTCOME_ENDPOINTS: EndpointSpecs<OutcomeEndpoints> = {
  'POST /feedback': {
    tag,
    summary: 'Report the outcome of an answer',
    description: 'Of a route that collects outcomes, once for each request, also days later.',
    control: false,
    body: FeedbackSchema,
    answer: JoinedOutcomeSchema,
  },
  'GET /routes/{route}/outcomes': {
    tag,
    summary: "Compare the outcomes of a route's answers by arm",
    control: false,
    query: { baseline: parameter("The arm to compare with. Default: the route's first.") },
    answer: OutcomeReportSchema,
  },
};
