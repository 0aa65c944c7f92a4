import { type Static, Type } from '@sinclair/typebox';
import { jsonResponse, type Route } from '../protocols/index.js';
import type { ArmReport, Effect, JoinedOutcome, OutcomeReport, OutcomeUseCases } from '../service/index.js';
import type { Interval } from '../statistics/index.js';

const BASE = { tag: 'traffic', access: 'key', control: false } as const;

const FeedbackSchema = Type.Object(
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
        description: 'Who asked, where that is somebody else: needs the right `feedback.relay`.',
      }),
    ),
  },
  { additionalProperties: false },
);

const ArmSchema = { route: Type.String(), arm: Type.String(), model: Type.String(), version: Type.Integer() };
const JoinedSchema = Type.Object({ ...ArmSchema, value: Type.Number() });

const nullable = (description: string) => ({ type: ['number', 'null'], description });
const interval = { type: ['object', 'null'], properties: { low: { type: 'number' }, high: { type: 'number' } } };
const effect = {
  type: ['object', 'null'],
  description: 'Against the baseline; null for the baseline itself and where there are too few outcomes.',
  properties: {
    difference: { type: 'number' },
    difference_interval: interval,
    ratio: nullable('Null unless both means are above 0.'),
    ratio_interval: interval,
  },
};

const ReportSchema = Type.Object({
  route: Type.String(),
  confidence: Type.Literal(0.95, { description: 'Of all intervals.' }),
  baseline: Type.Unsafe<string | null>({ type: ['string', 'null'] }),
  dropped_answers: Type.Integer({ description: 'Since the start of the server: their outcomes are refused.' }),
  arms: Type.Array(
    Type.Object({
      arm: Type.String(),
      model: Type.String(),
      version: Type.Integer(),
      kind: Type.Union([Type.Literal('binary'), Type.Literal('label'), Type.Literal('number')]),
      better: Type.Union([Type.Literal('higher'), Type.Literal('lower')]),
      answers: Type.Integer(),
      outcomes: Type.Integer(),
      mean: Type.Unsafe<number | null>(nullable('Of binary outcomes and of labels the rate.')),
      interval: Type.Unsafe<Interval | null>(interval),
      effect: Type.Unsafe<object | null>(effect),
    }),
  ),
});

/** What became of answers: telling it, and comparing arms by it. */
export function createFeedbackRoutes(outcomes: OutcomeUseCases): readonly Route[] {
  return [
    {
      ...BASE,
      method: 'POST',
      path: '/millrace/v1/feedback',
      summary: 'Tell what became of an answer',
      description: 'Of a route that collects outcomes, once for each request, also days later.',
      body: { kind: 'json', schema: FeedbackSchema },
      response: JoinedSchema,
      handle: async (call, { json }) => {
        // Checked against the schema.
        const { request_id, value, principal } = json as Static<typeof FeedbackSchema>;
        return jsonResponse(encodeJoined(await outcomes.give(call, { requestId: request_id, value, principal })));
      },
    },
    {
      ...BASE,
      method: 'GET',
      path: '/millrace/v1/routes/{route}/outcomes',
      summary: "What became of a route's answers, by arm",
      operation: {
        parameters: [
          {
            name: 'baseline',
            in: 'query',
            schema: { type: 'string' },
            description: "The arm to compare with. Default: the route's first.",
          },
        ],
      },
      response: ReportSchema,
      handle: async (call, { params: { route = '' }, query }) =>
        jsonResponse(encodeReport(await outcomes.report(call, route, query.get('baseline') ?? undefined))),
    },
  ];
}

function encodeJoined({ route, arm, model, version, value }: JoinedOutcome): Static<typeof JoinedSchema> {
  return { route, arm, model, version, value };
}

function encodeReport({ route, baseline, arms, droppedAnswers }: OutcomeReport) {
  const dropped_answers = droppedAnswers;
  return { route, confidence: 0.95, baseline: baseline ?? null, dropped_answers, arms: arms.map(encodeArm) };
}

function encodeArm({ mean, interval: around, effect: against, ...arm }: ArmReport) {
  const encoded = against === undefined ? null : encodeEffect(against);
  return { ...arm, mean: mean ?? null, interval: around ?? null, effect: encoded };
}

function encodeEffect({ difference, differenceInterval, ratio, ratioInterval }: Effect) {
  return {
    difference,
    difference_interval: differenceInterval,
    ratio: ratio ?? null,
    ratio_interval: ratioInterval ?? null,
  };
}
