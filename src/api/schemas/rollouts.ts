import { Type } from '@sinclair/typebox';
import type {
  DecisionNumbers,
  EvidencePoint,
  MetricNeeds,
  MetricPoint,
  MetricVerdict,
  NeededObservations,
  PastRollout,
  Rollout,
  RolloutDecision,
  RolloutEndpoints,
  RolloutEvidence,
  RolloutForecast,
  RolloutHistory,
  RolloutList,
  RolloutMoment,
  RolloutPlan,
  RolloutStep,
  RolloutVerdict,
  StandingRollout,
} from '../rollouts.js';
import { oneOf, Time, wordFor } from './common.js';
import type { EndpointSpecs } from './endpoint-spec.js';
import { intervalFor } from './estimates.js';
import { CommandRolloutSchema, StartRolloutSchema } from './rollout-requests.js';
import { stickyFor } from './route-config.js';
import { schemaOf } from './schema-of.js';

const State = oneOf('holding', 'paused', 'awaiting_approval', 'promoting', 'done', 'rolled_back', 'aborted');
const Metric = oneOf('errors', 'latency', 'answers', 'outcomes', 'agreement');
const Kind = oneOf('worse', 'fine', 'open');
const Percent = Type.Number({ description: 'Percent of the requests that the new version gets.' });

const RolloutStepSchema = schemaOf<RolloutStep>()(
  Type.Object({
    weight: Percent,
    hold_ms: Type.Number({ minimum: 0 }),
    min_requests: Type.Integer(),
    needs_approval: Type.Boolean({ description: 'The step needs an approval before it begins.' }),
  }),
);
const RolloutPlanSchema = schemaOf<RolloutPlan>()(
  Type.Object(
    {
      steps: Type.Array(RolloutStepSchema),
      max_hold_ms: Type.Number({
        minimum: 0,
        description: 'How long a step is held at most while nothing certain is known.',
      }),
      on_inconclusive: wordFor('What happens after that.', 'pause', 'rollback', 'proceed'),
      promotion_needs_approval: Type.Boolean(),
      sticky: Type.Optional(stickyFor({})),
      users: Type.Optional(Type.Integer()),
    },
    { description: 'What was asked for, completed.' },
  ),
);

const METRIC = {
  name: Metric,
  kind: Kind,
  stable: Type.Optional(Type.Number()),
  canary: Type.Optional(Type.Number()),
  difference: intervalFor(
    "Canary's value less stable's lies between these, with high confidence at all times together.",
  ),
  margin: Type.Optional(
    intervalFor('The metric is fine once the difference lies within these; -1 or 1 on a side that does not matter.'),
  ),
  evidence: Type.Number({ description: 'That the new version is worse (an e-value).' }),
  limit: Type.Number({ description: 'Evidence that is enough to roll back.' }),
  observations: Type.Object({ stable: Type.Integer(), canary: Type.Integer() }),
};
const MetricPointSchema = schemaOf<MetricPoint>()(Type.Object(METRIC));
const MetricVerdictSchema = schemaOf<MetricVerdict>()(
  Type.Object({
    ...METRIC,
    missing: Type.Optional(
      Type.Number({ description: 'Further observations of the new version until the metric is fine.' }),
    ),
    sentence: Type.String(),
  }),
);
const RolloutVerdictSchema = schemaOf<RolloutVerdict>()(
  Type.Object({ kind: Kind, sentence: Type.String(), metrics: Type.Array(MetricVerdictSchema) }),
);

const STANDING = {
  id: Type.String(),
  model: Type.String(),
  stable: Type.Integer({ description: 'The version that the bare name stood for before.' }),
  canary: Type.Integer({ description: 'The version that is to take its place.' }),
  started_at: Time,
  started_by: Type.String(),
  state: State,
  step: Type.Integer({ description: 'From 1; 0 before the first.' }),
  weight: Percent,
  held_ms: Type.Number({ minimum: 0 }),
  requests: Type.Integer({ description: 'That the new version has ended in this step.' }),
  phase: Type.String({ description: 'How it stands.' }),
  next: Type.String({ description: 'What happens next.' }),
  plan: RolloutPlanSchema,
  verdict: Type.Optional(RolloutVerdictSchema),
};
const StandingRolloutSchema = schemaOf<StandingRollout>()(Type.Object(STANDING));
const RolloutListSchema = schemaOf<RolloutList>()(Type.Object({ rollouts: Type.Array(StandingRolloutSchema) }));

const NeededObservationsSchema = schemaOf<NeededObservations>()(
  Type.Object({
    canary: Type.Integer({ description: 'With the new version.' }),
    all: Type.Integer({ description: 'With both versions.' }),
  }),
);
const MetricNeedsSchema = schemaOf<MetricNeeds>()(
  Type.Object({
    name: Metric,
    fine: Type.Optional(NeededObservationsSchema),
    worse: Type.Optional(NeededObservationsSchema),
    fault: Type.String({ description: 'The fault for which `worse` is enough to roll back.' }),
  }),
);
const RolloutForecastSchema = schemaOf<RolloutForecast>()(
  Type.Object(
    {
      unit: wordFor('What counts: `requests`, or `users` (keys) of a sticky rollout.', 'requests', 'users'),
      step: Type.String({ description: 'The step that this is about.' }),
      weight: Type.Number(),
      fine: Type.Optional(NeededObservationsSchema),
      metrics: Type.Array(MetricNeedsSchema, { description: 'For each metric. Absent: no number is enough.' }),
      users: Type.Optional(
        Type.Object({
          count: Type.Integer(),
          source: wordFor(
            '`declared` at the start, or `counted` until now: from 1,000 requests on.',
            'declared',
            'counted',
          ),
        }),
      ),
      counted: Type.Integer({ description: 'With the new version, until now.' }),
      per_second: Type.Optional(
        Type.Number({ description: 'Requests, or new users, of both versions, over the last minute.' }),
      ),
      remaining_ms: Type.Optional(Type.Number({ minimum: 0, description: 'Until `fine` is reached at that rate.' })),
      obstacle: Type.Optional(
        wordFor('Why the step is likely to stay inconclusive: `share`, `users` or `time`.', 'share', 'users', 'time'),
      ),
      sentence: Type.String(),
    },
    {
      description:
        'How much a verdict needs: enough for 95 of 100 rollouts. `fine`: until a version that is as good is known to be so.',
    },
  ),
);

const DecisionNumbersSchema = schemaOf<DecisionNumbers>()(
  Type.Object(
    {
      weight: Type.Optional(Type.Number()),
      held_ms: Type.Optional(Type.Number({ minimum: 0 })),
      requests: Type.Optional(Type.Integer()),
      metrics: Type.Optional(Type.Array(MetricVerdictSchema)),
    },
    { description: 'What had been measured.' },
  ),
);
const RolloutDecisionSchema = schemaOf<RolloutDecision>()(
  Type.Object({
    at: Time,
    by: Type.String({ description: 'A principal, or `millrace` for an automatic decision.' }),
    action: Type.String(),
    reason: Type.String(),
    numbers: DecisionNumbersSchema,
  }),
);
const RolloutMomentSchema = schemaOf<RolloutMoment>()(
  Type.Object({
    at: Time,
    weight: Type.Number(),
    evidence: Type.Number({ description: 'The highest of all metrics, as a share of what is enough to roll back.' }),
  }),
);
const RolloutSchema = schemaOf<Rollout>()(
  Type.Object({
    ...STANDING,
    forecast: Type.Optional(RolloutForecastSchema),
    commands: Type.Array(oneOf('approve', 'pause', 'resume', 'promote', 'abort'), {
      description: 'Commands that the caller may send now: `approve`, `abort`.',
    }),
    decisions: Type.Array(RolloutDecisionSchema),
    timeline: Type.Array(RolloutMomentSchema),
  }),
);

const EvidencePointSchema = schemaOf<EvidencePoint>()(
  Type.Object({
    at: Time,
    weight: Type.Number({ description: 'Percent of the requests that the new version got.' }),
    metrics: Type.Array(MetricPointSchema),
  }),
);
const RolloutEvidenceSchema = schemaOf<RolloutEvidence>()(
  Type.Object({
    id: Type.String({ description: 'Of the rollout.' }),
    model: Type.String(),
    points: Type.Array(EvidencePointSchema, {
      description: 'Oldest first, at most 240: the longer the rollout takes, the longer the intervals.',
    }),
  }),
);

const PastRolloutSchema = schemaOf<PastRollout>()(
  Type.Object({
    id: Type.String(),
    stable: Type.Integer(),
    canary: Type.Integer(),
    started_at: Time,
    started_by: Type.String(),
    state: State,
    step: Type.Integer(),
    reason: Type.String({ description: 'Of the last decision.' }),
  }),
);
const RolloutHistorySchema = schemaOf<RolloutHistory>()(Type.Object({ rollouts: Type.Array(PastRolloutSchema) }));

const tag = 'traffic';
const look = { tag, control: false } as const;
const command = { tag, control: true, body: CommandRolloutSchema, answer: RolloutSchema } as const;

/** Rollouts: models that go over from one version to another, step by step. */
export const ROLLOUT_ENDPOINTS: EndpointSpecs<RolloutEndpoints> = {
  'GET /rollouts': { ...look, summary: 'List rollouts in progress', answer: RolloutListSchema },
  'GET /models/{model}/rollout': {
    ...look,
    summary: "Get a model's rollout in progress, else its last one",
    answer: RolloutSchema,
  },
  'GET /models/{model}/rollout/evidence': {
    ...look,
    summary: "Get the evidence of that rollout's metrics over time",
    answer: RolloutEvidenceSchema,
  },
  'GET /models/{model}/rollout/history': {
    ...look,
    summary: "List a model's rollouts, newest first",
    answer: RolloutHistorySchema,
  },
  'POST /models/{model}/rollout': {
    tag,
    summary: 'Start a rollout to another version',
    control: true,
    body: StartRolloutSchema,
    answer: RolloutSchema,
  },
  'POST /models/{model}/rollout/approve': {
    ...command,
    summary: 'Approve the waiting step, or continue an inconclusive one',
  },
  'POST /models/{model}/rollout/pause': { ...command, summary: 'Pause the rollout at its step' },
  'POST /models/{model}/rollout/resume': { ...command, summary: 'Resume the rollout' },
  'POST /models/{model}/rollout/promote': {
    ...command,
    summary: 'Promote the new version to all requests at once',
  },
  'POST /models/{model}/rollout/abort': {
    ...command,
    summary: 'Abort the rollout and return all requests to the old version',
  },
};
