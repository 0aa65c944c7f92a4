import { type TProperties, Type } from '@sinclair/typebox';

const strict = { additionalProperties: false } as const;

const STEP_FIELDS = {
  hold_ms: Type.Optional(Type.Number({ minimum: 0 })),
  min_requests: Type.Optional(Type.Integer({ minimum: 0 })),
};

const StepSchema = Type.Object(
  {
    weight: Type.Number({ description: 'Percent of the requests: more than 0, at most 100.' }),
    ...STEP_FIELDS,
    needs_approval: Type.Optional(Type.Boolean({ description: 'Somebody has to approve the step before it begins.' })),
  },
  strict,
);

const share = (description: string) => Type.Optional(Type.Number({ minimum: 0, maximum: 1, description }));
const factor = (description: string) => Type.Optional(Type.Number({ minimum: 1, maximum: 1_000, description }));
const orNot = <Fields extends TProperties>(fields: Fields, description: string) =>
  Type.Optional(Type.Union([Type.Object(fields, strict), Type.Literal(false)], { description }));

/** As `JudgeOptions`, which say what each means and its default. */
const JudgeSchema = Type.Object(
  {
    error_budget: Type.Optional(
      Type.Number({
        minimum: 0.000001,
        maximum: 0.5,
        description: 'How likely a version that is as good is rolled back, at most; default 0.05.',
      }),
    ),
    errors: Type.Optional(
      Type.Object(
        {
          tolerance: factor("How many times as high as stable's the odds of an error may be; default 1."),
          margin: share('What share of requests may fail beyond those of stable; default 0.02.'),
          limit: share('More than this share of failures rolls back at once; default 0.5.'),
        },
        strict,
      ),
    ),
    latency: orNot(
      {
        quantile: share('What counts as late: beyond this quantile; default 0.95.'),
        tolerance: factor('How many times as long it may take; default 1.05.'),
        margin: share('What share may be late beyond those of stable; default 0.05.'),
        floor_ms: Type.Optional(
          Type.Number({ minimum: 0, description: 'How many milliseconds longer it may take in any case; default 1.' }),
        ),
      },
      'Of computing an answer; false = not judged.',
    ),
    answers: orNot(
      {
        tolerance: factor("How many times as high as stable's, or as low, the odds of an answer may be; default 1.5."),
        margin: share('By what share any of them may be more or less frequent; default 0.1.'),
      },
      'How answers are distributed; false = not judged.',
    ),
    outcomes: orNot(
      { margin: share('By how much the rate may be lower; default 0.05.') },
      'What came of answers: yes or no, by feedback; default false.',
    ),
    agreement: orNot(
      {
        minimum: share('The share of compared answers that have to agree; default 0.99.'),
        margin: share('What share may differ beyond that; default 0.01.'),
      },
      'With the answers of stable, of which the version gets copies as its shadow; default false.',
    ),
  },
  { ...strict, description: 'By what the new version is judged, and how strictly.' },
);

/** What `POST …/rollout` takes. */
export const StartSchema = Type.Object(
  {
    to: Type.Integer({ minimum: 1, description: 'The version that takes the place of the stable one.' }),
    steps: Type.Optional(
      Type.Array(Type.Union([Type.Number(), StepSchema]), {
        description: 'Percent, or steps of their own, rising, the last one 100. Default: 1, 5, 25, 50, 100.',
      }),
    ),
    hold_ms: Type.Optional(Type.Number({ minimum: 0, description: 'How long a step is held; default 600000.' })),
    min_requests: Type.Optional(
      Type.Integer({ minimum: 0, description: 'Requests that the new version has to end in a step; default 100.' }),
    ),
    max_hold_ms: Type.Optional(
      Type.Number({
        minimum: 0,
        description:
          'How long a step is held at most while nothing certain is known; default six times the longest hold.',
      }),
    ),
    on_inconclusive: Type.Optional(
      Type.Union([Type.Literal('pause'), Type.Literal('rollback'), Type.Literal('proceed')], {
        description: 'What happens after that; default `pause`.',
      }),
    ),
    promotion_needs_approval: Type.Optional(Type.Boolean()),
    sticky: Type.Optional(
      Type.Object(
        {
          header: Type.Optional(Type.String({ minLength: 1 })),
          cookie: Type.Optional(Type.String({ minLength: 1 })),
          parameter: Type.Optional(Type.String({ minLength: 1 })),
          principal: Type.Optional(Type.Literal(true)),
          trace: Type.Optional(Type.Literal(true)),
        },
        { ...strict, description: 'What makes callers get the same version each time, as in a route.' },
      ),
    ),
    users: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1_000_000_000,
        description: 'How many users (keys of `sticky`) there are. Default: counted while the rollout runs.',
      }),
    ),
    allow_inconclusive: Type.Optional(
      Type.Boolean({
        description: 'Start although there are too few users for a verdict, which is refused otherwise; default false.',
      }),
    ),
    judge: Type.Optional(JudgeSchema),
  },
  strict,
);

/** What `POST …/rollout/{command}` takes. */
export const CommandSchema = Type.Object(
  { note: Type.Optional(Type.String({ maxLength: 1_000, description: 'Why, for the history.' })) },
  strict,
);

const DecisionSchema = Type.Object({
  at: Type.String({ format: 'date-time' }),
  by: Type.String({ description: 'A principal, or `millrace` where it was decided by itself.' }),
  action: Type.String(),
  reason: Type.String(),
  numbers: Type.Unknown({ description: 'What had been measured.' }),
});

const bounds = (description: string) => Type.Object({ low: Type.Number(), high: Type.Number() }, { description });

const METRIC = {
  name: Type.String(),
  kind: Type.String({ description: '`worse`, `fine` or `open`.' }),
  stable: Type.Optional(Type.Number()),
  canary: Type.Optional(Type.Number()),
  difference: bounds("Canary's value less stable's lies between these, with high confidence at all times together."),
  margin: Type.Optional(
    bounds('The metric is fine once the difference lies within these; -1 or 1 on a side that does not matter.'),
  ),
  evidence: Type.Number({ description: 'That the new version is worse (an e-value).' }),
  limit: Type.Number({ description: 'Evidence that is enough to roll back.' }),
  observations: Type.Object({ stable: Type.Integer(), canary: Type.Integer() }),
};
const MetricSchema = Type.Object({ ...METRIC, sentence: Type.String() });

const STANDING = {
  id: Type.String(),
  model: Type.String(),
  stable: Type.Integer({ description: 'The version that the bare name stood for before.' }),
  canary: Type.Integer({ description: 'The version that is to take its place.' }),
  started_at: Type.String({ format: 'date-time' }),
  started_by: Type.String(),
  state: Type.String({
    description: '`holding`, `paused`, `awaiting_approval`, `promoting`, `done`, `rolled_back` or `aborted`.',
  }),
  step: Type.Integer({ description: 'From 1; 0 before the first.' }),
  weight: Type.Number({ description: 'Percent of the requests that the new version gets.' }),
  held_ms: Type.Number(),
  requests: Type.Integer({ description: 'That the new version has ended in this step.' }),
  phase: Type.String({ description: 'How it stands.' }),
  next: Type.String({ description: 'What happens next.' }),
  plan: Type.Unknown(),
  verdict: Type.Optional(
    Type.Object({ kind: Type.String(), sentence: Type.String(), metrics: Type.Array(MetricSchema) }),
  ),
};

export const RolloutsSchema = Type.Object({ rollouts: Type.Array(Type.Object(STANDING)) });

const NeededSchema = Type.Object({
  canary: Type.Integer({ description: 'With the new version.' }),
  all: Type.Integer({ description: 'With both versions.' }),
});

const ForecastSchema = Type.Object(
  {
    unit: Type.String({ description: 'What counts: `requests`, or `users` (keys) of a sticky rollout.' }),
    step: Type.String({ description: 'The step that this is about.' }),
    weight: Type.Number(),
    fine: Type.Optional(NeededSchema),
    metrics: Type.Array(
      Type.Object({
        name: Type.String(),
        fine: Type.Optional(NeededSchema),
        worse: Type.Optional(NeededSchema),
        fault: Type.String({ description: 'The fault for which `worse` is enough to roll back.' }),
      }),
      { description: 'For each metric. Absent: no number is enough.' },
    ),
    users: Type.Optional(
      Type.Object({
        count: Type.Integer(),
        source: Type.String({
          description: '`declared` at the start, or `counted` until now: from 1,000 requests on.',
        }),
      }),
    ),
    counted: Type.Integer({ description: 'With the new version, until now.' }),
    per_second: Type.Optional(
      Type.Number({ description: 'Requests, or new users, of both versions, over the last minute.' }),
    ),
    remaining_ms: Type.Optional(Type.Number({ description: 'Until `fine` is reached at that rate.' })),
    obstacle: Type.Optional(
      Type.String({ description: 'Why the step is likely to stay inconclusive: `share`, `users` or `time`.' }),
    ),
    sentence: Type.String(),
  },
  {
    description:
      'How much a verdict needs: enough for 95 of 100 rollouts. `fine`: until a version that is as good is known to be so.',
  },
);

export const RolloutSchema = Type.Object({
  ...STANDING,
  forecast: Type.Optional(ForecastSchema),
  commands: Type.Array(Type.String(), { description: 'Commands that the caller may send now: `approve`, `abort`.' }),
  decisions: Type.Array(DecisionSchema),
  timeline: Type.Array(
    Type.Object({
      at: Type.String({ format: 'date-time' }),
      weight: Type.Number(),
      evidence: Type.Number({ description: 'The highest of all metrics, as a share of what is enough to roll back.' }),
    }),
  ),
});

export const EvidenceSchema = Type.Object({
  id: Type.String({ description: 'Of the rollout.' }),
  model: Type.String(),
  points: Type.Array(
    Type.Object({
      at: Type.String({ format: 'date-time' }),
      weight: Type.Number({ description: 'Percent of the requests that the new version got.' }),
      metrics: Type.Array(Type.Object(METRIC)),
    }),
    { description: 'Oldest first, at most 240: the longer the rollout takes, the longer the intervals.' },
  ),
});

export const HistorySchema = Type.Object({
  rollouts: Type.Array(
    Type.Object({
      id: Type.String(),
      stable: Type.Integer(),
      canary: Type.Integer(),
      started_at: Type.String({ format: 'date-time' }),
      started_by: Type.String(),
      state: Type.String(),
      step: Type.Integer(),
      reason: Type.String({ description: 'Of the last decision.' }),
    }),
  ),
});
