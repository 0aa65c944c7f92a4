import { type Static, Type } from '@sinclair/typebox';
import type { DeepReadonly } from '../../core/index.js';

const Pattern = (description: string) => Type.Optional(Type.String({ minLength: 1, maxLength: 512, description }));
const Rate = (description: string) => Type.Optional(Type.Number({ minimum: 0, maximum: 1e15, description }));
const Amount = (description: string) => Type.Optional(Type.Integer({ minimum: 0, maximum: 1e15, description }));

const QuotaSchema = Type.Object(
  {
    name: Type.String({
      pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$',
      description: 'What answers, metrics and `millrace quotas` call it.',
    }),
    principal: Pattern(
      'Whose requests count, each caller by itself: `key:ci`, `key:*`, `oidc:corp/*`, `cert:*`, `app:*`, `anonymous`, `*`. Default: everybody together.',
    ),
    group: Pattern(
      'Whose requests count, those of all members of a group together; each group that matches by itself.',
    ),
    model: Pattern(
      'Which requests count, each model or route by itself, by the name that callers write, without a label; an alias counts as its model. ' +
        'Default: all together.',
    ),
    requestsPerSecond: Rate('Requests a second, over time.'),
    burst: Amount('Requests that may come at once. Default: `requestsPerSecond`, rounded up.'),
    concurrent: Amount(
      'Requests that arrive, wait or run at the same time; with `model`, from when their bodies are there.',
    ),
    rowsPerSecond: Rate('Rows a second, over time. A larger batch is let in where nothing is owed, and paid off.'),
    tokensPerMinute: Amount('Tokens within any minute, of prompts and answers.'),
    tokensPerDay: Amount('Tokens within a day of UTC.'),
    bytesPerSecond: Rate('Bytes of inputs and outputs a second, over time.'),
    bytesPerDay: Amount('Bytes of inputs and outputs within a day of UTC.'),
    computeMsPerMinute: Amount('Milliseconds of compute within any minute: of a batch, its share by rows.'),
    weight: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        maximum: 1_000,
        description:
          'How many turns each caller gets in queues beside the others (`engine.fairness`). The largest of all that match counts. Default: 1.',
      }),
    ),
  },
  { additionalProperties: false },
);

/** `quotas` of the settings. */
export const QuotasOptionsSchema = Type.Array(QuotaSchema, {
  default: [],
  maxItems: 1_000,
  description: 'How much callers may use. All that match count, and the tightest decides. 0 = nothing at all.',
});

export type QuotaConfig = DeepReadonly<Static<typeof QuotaSchema>>;
export type QuotasOptions = readonly QuotaConfig[];
