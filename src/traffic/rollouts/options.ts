import { type Static, Type } from '@sinclair/typebox';
import type { DeepReadonly } from '../../core/index.js';
import { MAX_HOLD_MS, MAX_MIN_REQUESTS, MAX_STEPS, MAX_USERS } from '../../rollouts/index.js';
import { StickySchema } from '../../routing/index.js';

const strict = { additionalProperties: false } as const;
const Hold = (description: string) => Type.Number({ minimum: 0, maximum: MAX_HOLD_MS, description });
const MinRequests = (description: string) => Type.Integer({ minimum: 0, maximum: MAX_MIN_REQUESTS, description });
const share = (description: string) => Type.Optional(Type.Number({ minimum: 0, maximum: 1, description }));
const factor = (description: string) => Type.Optional(Type.Number({ minimum: 1, maximum: 1_000, description }));
const Not = Type.Literal(false);

const StepSchema = Type.Object(
  {
    weight: Type.Number({ description: 'Percent of the requests: more than 0, at most 100.' }),
    holdMs: Type.Optional(Hold('How long the step is held.')),
    minRequests: Type.Optional(MinRequests('Requests that the new version has to end in the step.')),
    needsApproval: Type.Optional(Type.Boolean({ description: 'The step has to be approved before it begins.' })),
  },
  strict,
);

const JudgeSchema = Type.Object(
  {
    errorBudget: Type.Optional(
      Type.Number({
        minimum: 0.000001,
        maximum: 0.5,
        description: 'How likely a version that is as good is rolled back, at most. Default 0.05.',
      }),
    ),
    errors: Type.Optional(
      Type.Object(
        {
          tolerance: factor("How many times as high as stable's the odds of an error may be. Default 1."),
          margin: share('What share of requests may fail beyond those of stable. Default 0.02.'),
          limit: share('More than this share of failures rolls back at once. Default 0.5.'),
        },
        strict,
      ),
    ),
    latency: Type.Optional(
      Type.Union(
        [
          Not,
          Type.Object(
            {
              quantile: share('What counts as late: beyond this quantile. Default 0.95.'),
              tolerance: factor('How many times as long it may take. Default 1.05.'),
              margin: share('What share may be late beyond those of stable. Default 0.05.'),
              floorMs: Type.Optional(
                Type.Number({
                  minimum: 0,
                  description: 'How many milliseconds longer it may take in any case. Default 1.',
                }),
              ),
            },
            strict,
          ),
        ],
        {
          description:
            'Of computing an answer: `quantile` (0.95), `tolerance` (1.05), `margin` (0.05), `floorMs` (1); false = not judged.',
        },
      ),
    ),
    answers: Type.Optional(
      Type.Union(
        [
          Not,
          Type.Object(
            {
              tolerance: factor(
                "How many times as high as stable's, or as low, the odds of an answer may be. Default 1.5.",
              ),
              margin: share('By what share any of them may be more or less frequent. Default 0.1.'),
            },
            strict,
          ),
        ],
        { description: 'How answers are distributed: `tolerance` (1.5), `margin` (0.1); false = not judged.' },
      ),
    ),
    outcomes: Type.Optional(
      Type.Union([Not, Type.Object({ margin: share('By how much the rate may be lower. Default 0.05.') }, strict)], {
        description: 'What came of answers, by feedback: `margin` (0.05). Default: false, not judged.',
      }),
    ),
    agreement: Type.Optional(
      Type.Union(
        [
          Not,
          Type.Object(
            {
              minimum: share('The share of compared answers that have to agree. Default 0.99.'),
              margin: share('What share may differ beyond that. Default 0.01.'),
            },
            strict,
          ),
        ],
        { description: 'With the answers of stable: `minimum` (0.99), `margin` (0.01). Default: false, not judged.' },
      ),
    ),
  },
  {
    ...strict,
    description: 'By what the new version is judged, and how strictly: as in a request that starts a rollout.',
  },
);

const RolloutSchema = Type.Object(
  {
    to: Type.Integer({ minimum: 1, description: 'The version that takes the place of the stable one.' }),
    from: Type.Optional(
      Type.Integer({ minimum: 1, description: 'Begin only while this is the stable version. Default: whichever is.' }),
    ),
    attempt: Type.Integer({
      default: 1,
      minimum: 1,
      maximum: 1_000_000,
      description: 'Another number runs a rollout again that is over.',
    }),
    steps: Type.Optional(
      Type.Array(Type.Union([Type.Number(), StepSchema]), {
        minItems: 1,
        maxItems: MAX_STEPS,
        description:
          'Percent, rising, the last one 100; or maps of `weight` with `holdMs`, `minRequests`, `needsApproval`. Default: 1, 5, 25, 50, 100.',
      }),
    ),
    holdMs: Type.Optional(Hold('How long a step is held. Default: 600000.')),
    minRequests: Type.Optional(MinRequests('Requests that the new version has to end in a step. Default: 100.')),
    maxHoldMs: Type.Optional(Hold('How long a step is held while nothing certain is known. Default: six holds.')),
    onInconclusive: Type.Optional(
      Type.Union([Type.Literal('pause'), Type.Literal('rollback'), Type.Literal('proceed')], {
        description: 'What happens after that. Default: `pause`.',
      }),
    ),
    promotionNeedsApproval: Type.Optional(
      Type.Boolean({
        description: 'The move of the bare name has to be approved, after the last step. Default: false.',
      }),
    ),
    sticky: Type.Optional(StickySchema),
    users: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: MAX_USERS,
        description: 'How many users (keys of `sticky`) there are. Default: counted while the rollout runs.',
      }),
    ),
    allowInconclusive: Type.Optional(
      Type.Boolean({
        description:
          'Start although there are too few users for a verdict, which is refused otherwise. Default: false.',
      }),
    ),
    judge: Type.Optional(JudgeSchema),
  },
  // Only what has a default itself is completed inside a map.
  { ...strict, default: {} },
);

/** `rollouts` of the settings, by model. */
export const RolloutsOptionsSchema = Type.Record(Type.String({ minLength: 1, maxLength: 256 }), RolloutSchema, {
  ...strict,
  default: {},
  description:
    'Models, and the version that each moves to, step by step ([rollouts](rollouts.md#declared-in-the-settings)). A rollout ' +
    'runs once; `attempt` runs it again. [Read again](operations.md#reloading) when the file changes.',
});

export type RolloutConfig = DeepReadonly<Static<typeof RolloutSchema>>;
export type RolloutsOptions = Readonly<Record<string, RolloutConfig>>;
