import { type TProperties, Type } from '@sinclair/typebox';
import type { CommandRollout, JudgeOptions, StartRollout, StartStep } from '../rollout-requests.js';
import { strict, wordFor } from './common.js';
import { stickyFor } from './route-config.js';
import { schemaOf } from './schema-of.js';

const StartStepSchema = schemaOf<StartStep>()(
  Type.Object(
    {
      weight: Type.Number({ description: 'Percent of the requests: more than 0, at most 100.' }),
      hold_ms: Type.Optional(Type.Number({ minimum: 0 })),
      min_requests: Type.Optional(Type.Integer({ minimum: 0 })),
      needs_approval: Type.Optional(Type.Boolean({ description: 'The step needs an approval before it begins.' })),
    },
    strict,
  ),
);

const share = (description: string) => Type.Optional(Type.Number({ minimum: 0, maximum: 1, description }));
const factor = (description: string) => Type.Optional(Type.Number({ minimum: 1, maximum: 1_000, description }));
const orNot = <Fields extends TProperties>(fields: Fields, description: string) =>
  Type.Optional(Type.Union([Type.Object(fields, strict), Type.Literal(false)], { description }));

const JudgeSchema = schemaOf<JudgeOptions>()(
  Type.Object(
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
            Type.Number({
              minimum: 0,
              description: 'How many milliseconds longer it may take in any case; default 1.',
            }),
          ),
        },
        'Of computing an answer; false = not judged.',
      ),
      answers: orNot(
        {
          tolerance: factor(
            "How many times as high as stable's, or as low, the odds of an answer may be; default 1.5.",
          ),
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
  ),
);

export const StartRolloutSchema = schemaOf<StartRollout>()(
  Type.Object(
    {
      to: Type.Integer({ minimum: 1, description: 'The version that takes the place of the stable one.' }),
      steps: Type.Optional(
        Type.Array(Type.Union([Type.Number(), StartStepSchema]), {
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
        wordFor('What happens after that; default `pause`.', 'pause', 'rollback', 'proceed'),
      ),
      promotion_needs_approval: Type.Optional(Type.Boolean()),
      sticky: Type.Optional(
        stickyFor({
          ...strict,
          description: 'What makes callers get the same version each time, as in a route.',
        }),
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
          description:
            'Start although there are too few users for a verdict, which is refused otherwise; default false.',
        }),
      ),
      judge: Type.Optional(JudgeSchema),
    },
    strict,
  ),
);

export const CommandRolloutSchema = schemaOf<CommandRollout>()(
  Type.Object({ note: Type.Optional(Type.String({ maxLength: 1_000, description: 'Why, for the history.' })) }, strict),
);
