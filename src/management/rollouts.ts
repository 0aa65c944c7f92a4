import type { Static } from '@sinclair/typebox';
import type { Call } from '../core/index.js';
import { jsonResponse, type Route } from '../protocols/index.js';
import type { PastRollout, RolloutOptions, RolloutReport, RolloutUseCases, StandingRollout } from '../service/index.js';
import { timeOf } from './read-request.js';
import {
  CommandSchema,
  EvidenceSchema,
  HistorySchema,
  RolloutSchema,
  RolloutsSchema,
  StartSchema,
} from './rollout-schemas.js';

const BASE = { tag: 'traffic', access: 'key' } as const;
const OF_MODEL = '/millrace/v1/models/{model}/rollout';

type JudgeBody = NonNullable<Static<typeof StartSchema>['judge']>;
type JudgeOptions = NonNullable<RolloutOptions['judge']>;

const COMMANDS = {
  approve: 'Let the step begin that waits for it, or go on although nothing certain is known',
  pause: 'Keep the step in force until it is resumed',
  resume: 'Go on with the step',
  promote: 'Give the new version all requests at once',
  abort: 'Give the old version all requests again',
} as const;

/** Rollouts: models that go over from one version to another, step by step. */
export function createRolloutRoutes(rollouts: RolloutUseCases): readonly Route[] {
  return [
    {
      ...BASE,
      method: 'GET',
      path: '/millrace/v1/rollouts',
      summary: 'Rollouts that are not over',
      control: false,
      response: RolloutsSchema,
      handle: (call) => jsonResponse({ rollouts: rollouts.list(call).map(encodeStanding) }),
    },
    {
      ...BASE,
      method: 'GET',
      path: OF_MODEL,
      summary: 'The rollout of a model that is not over, else its last one',
      control: false,
      response: RolloutSchema,
      handle: async (call, { params: { model = '' } }) => jsonResponse(encodeReport(await rollouts.get(call, model))),
    },
    {
      ...BASE,
      method: 'GET',
      path: `${OF_MODEL}/evidence`,
      summary: 'What was known of each metric of that rollout over time',
      control: false,
      response: EvidenceSchema,
      handle: async (call, { params: { model = '' } }) => jsonResponse(encodeEvidence(await rollouts.get(call, model))),
    },
    {
      ...BASE,
      method: 'GET',
      path: `${OF_MODEL}/history`,
      summary: 'All rollouts of a model, the newest first',
      control: false,
      response: HistorySchema,
      handle: async (call, { params: { model = '' } }) =>
        jsonResponse({ rollouts: (await rollouts.history(call, model)).map(encodePast) }),
    },
    {
      ...BASE,
      method: 'POST',
      path: OF_MODEL,
      summary: 'Begin to take a model over to another version',
      control: true,
      body: { kind: 'json', schema: StartSchema },
      response: RolloutSchema,
      handle: async (call, { params: { model = '' }, json }) => {
        // Checked against the schema.
        const options = decodeStart(json as Static<typeof StartSchema>);
        return jsonResponse(encodeReport(await rollouts.start(call, model, options)));
      },
    },
    ...Object.entries(COMMANDS).map(([action, summary]) =>
      commandRoute(rollouts, action as keyof typeof COMMANDS, summary),
    ),
  ];
}

function commandRoute(rollouts: RolloutUseCases, action: keyof typeof COMMANDS, summary: string): Route {
  return {
    ...BASE,
    method: 'POST',
    path: `${OF_MODEL}/${action}`,
    summary,
    control: true,
    body: { kind: 'json', schema: CommandSchema },
    response: RolloutSchema,
    async handle(call: Call, { params: { model = '' }, json }) {
      const { note } = json as Static<typeof CommandSchema>;
      const command = { action, ...(note === undefined ? {} : { note }) };
      return jsonResponse(encodeReport(await rollouts.command(call, model, command)));
    },
  };
}

function decodeStart({ to, steps, sticky, users, judge, ...rest }: Static<typeof StartSchema>): RolloutOptions {
  const {
    hold_ms: holdMs,
    min_requests: minRequests,
    max_hold_ms: maxHoldMs,
    on_inconclusive: onInconclusive,
    promotion_needs_approval: promotionNeedsApproval,
    allow_inconclusive: allowInconclusive,
  } = rest;
  return {
    to,
    ...defined({ holdMs, minRequests, maxHoldMs, onInconclusive, promotionNeedsApproval }),
    ...defined({ sticky, users, allowInconclusive }),
    ...(steps === undefined ? {} : { steps: steps.map(decodeStep) }),
    ...(judge === undefined ? {} : { judge: decodeJudge(judge) }),
  };
}

function decodeJudge({ error_budget: errorBudget, latency, ...metrics }: JudgeBody): JudgeOptions {
  return { ...metrics, ...defined({ errorBudget, latency: latency && decodeLatency(latency) }) };
}

function decodeLatency({ floor_ms: floorMs, ...rest }: Exclude<JudgeBody['latency'], false | undefined>) {
  return { ...rest, ...defined({ floorMs }) };
}

function decodeStep(step: NonNullable<Static<typeof StartSchema>['steps']>[number]) {
  if (typeof step === 'number') return step;
  const { weight, hold_ms: holdMs, min_requests: minRequests, needs_approval: needsApproval } = step;
  return { weight, ...defined({ holdMs, minRequests, needsApproval }) };
}

type Defined<Values> = { [Name in keyof Values]?: Exclude<Values[Name], undefined> };

/** Without what nobody has said. */
function defined<Values extends object>(values: Values): Defined<Values> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Defined<Values>;
}

function encodeStanding({ plan, state, verdict, ...report }: StandingRollout) {
  const { id, startedAtMs, startedBy, phase, next, sticky, users } = report;
  const { model, stable, canary, steps, maxHoldMs, onInconclusive, promotionNeedsApproval } = plan;
  return {
    id,
    model,
    stable,
    canary,
    started_at: timeOf(startedAtMs),
    started_by: startedBy,
    state: state.kind,
    step: state.step + 1,
    weight: steps[state.step]?.weight ?? 0,
    held_ms: Math.round(state.heldMs),
    requests: state.requests,
    phase,
    next,
    plan: {
      steps: steps.map(({ weight, holdMs, minRequests, needsApproval }) => ({
        weight,
        hold_ms: holdMs,
        min_requests: minRequests,
        needs_approval: needsApproval,
      })),
      max_hold_ms: maxHoldMs,
      on_inconclusive: onInconclusive,
      promotion_needs_approval: promotionNeedsApproval,
      sticky,
      users,
    },
    verdict,
  };
}

function encodeReport({ decisions, forecast, timeline, commands, ...standing }: RolloutReport) {
  return {
    ...encodeStanding(standing),
    forecast: forecast && encodeForecast(forecast),
    commands,
    decisions: decisions.map(({ atMs, by, action, reason, numbers }) => ({
      at: timeOf(atMs),
      by,
      action,
      reason,
      numbers,
    })),
    timeline: timeline.map(({ atMs, weight, evidence }) => ({ at: timeOf(atMs), weight, evidence })),
  };
}

function encodeForecast({ perSecond, remainingMs, ...rest }: NonNullable<RolloutReport['forecast']>) {
  const remaining = remainingMs === undefined ? undefined : Math.round(remainingMs);
  return { ...rest, per_second: perSecond, remaining_ms: remaining };
}

function encodeEvidence({ id, plan: { model }, timeline }: RolloutReport) {
  return { id, model, points: timeline.map(({ atMs, weight, metrics }) => ({ at: timeOf(atMs), weight, metrics })) };
}

function encodePast({ id, stable, canary, startedAtMs, startedBy, state, reason }: PastRollout) {
  const { kind, step } = state;
  return {
    id,
    stable,
    canary,
    started_at: timeOf(startedAtMs),
    started_by: startedBy,
    state: kind,
    step: step + 1,
    reason,
  };
}
