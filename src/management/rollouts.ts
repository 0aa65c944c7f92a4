import type {
  CommandRollout,
  DecisionNumbers,
  Encoded,
  EvidencePoint,
  JudgeLatency,
  JudgeOptions,
  MetricPoint,
  PastRollout,
  Rollout,
  RolloutCommand,
  RolloutEndpoints,
  RolloutEvidence,
  RolloutForecast,
  RolloutPlan,
  RolloutVerdict,
  StandingRollout,
  StartRollout,
  StartStep,
  Sticky,
} from '../api/index.js';
import { ROLLOUT_ENDPOINTS } from '../api/schemas/index.js';
import type { CallContext } from '../core/index.js';
import type { Route } from '../protocols/index.js';
import type { Forecast, JudgeOptions as KnownJudge, LatencyOptions, StepOptions } from '../rollouts/index.js';
import type {
  RolloutReport as KnownRollout,
  StandingRollout as KnownStanding,
  PastRollout as OverRollout,
  RolloutOptions,
  RolloutUseCases,
} from '../service/index.js';
import { timeOf } from '../text/index.js';
import { asItIs } from './as-it-is.js';
import { createEndpointRoutes } from './endpoint-route.js';

type CommandRequest = { readonly params: { readonly model: string }; readonly body: CommandRollout };

/** Rollouts: models that go over from one version to another, step by step. */
export function createRolloutRoutes(rollouts: RolloutUseCases): readonly Route[] {
  const obey =
    (action: RolloutCommand) =>
    async (call: CallContext, { params: { model }, body: { note } }: CommandRequest) => {
      const command = { action, ...(note === undefined ? {} : { note }) };
      return { body: encodeRollout(await rollouts.command(call, model, command)) };
    };
  return createEndpointRoutes<RolloutEndpoints>(ROLLOUT_ENDPOINTS, {
    'GET /rollouts'(call) {
      return { body: { rollouts: rollouts.list(call).map(encodeStanding) } };
    },
    async 'GET /models/{model}/rollout'(call, { params: { model } }) {
      return { body: encodeRollout(await rollouts.get(call, model)) };
    },
    async 'GET /models/{model}/rollout/evidence'(call, { params: { model } }) {
      return { body: encodeEvidence(await rollouts.get(call, model)) };
    },
    async 'GET /models/{model}/rollout/history'(call, { params: { model } }) {
      return { body: { rollouts: (await rollouts.history(call, model)).map(encodePast) } };
    },
    async 'POST /models/{model}/rollout'(call, { params: { model }, body }) {
      return { body: encodeRollout(await rollouts.start(call, model, decodeStart(body))) };
    },
    'POST /models/{model}/rollout/approve': obey('approve'),
    'POST /models/{model}/rollout/pause': obey('pause'),
    'POST /models/{model}/rollout/resume': obey('resume'),
    'POST /models/{model}/rollout/promote': obey('promote'),
    'POST /models/{model}/rollout/abort': obey('abort'),
  });
}

function decodeStart({ to, steps, sticky, users, judge, ...rest }: StartRollout): RolloutOptions {
  return defined<RolloutOptions>({
    to,
    holdMs: rest.hold_ms,
    minRequests: rest.min_requests,
    maxHoldMs: rest.max_hold_ms,
    onInconclusive: rest.on_inconclusive,
    promotionNeedsApproval: rest.promotion_needs_approval,
    sticky,
    users,
    allowInconclusive: rest.allow_inconclusive,
    steps: steps?.map(decodeStep),
    judge: judge && decodeJudge(judge),
  });
}

function decodeStep(step: number | StartStep): number | StepOptions {
  if (typeof step === 'number') return step;
  const { weight, hold_ms: holdMs, min_requests: minRequests, needs_approval: needsApproval } = step;
  return defined<StepOptions>({ weight, holdMs, minRequests, needsApproval });
}

function decodeJudge({ error_budget: errorBudget, latency, ...metrics }: JudgeOptions): KnownJudge {
  const others = asItIs<Omit<KnownJudge, 'errorBudget' | 'latency'>>()(metrics);
  return defined<KnownJudge>({ ...others, errorBudget, latency: latency && decodeLatency(latency) });
}

function decodeLatency({ floor_ms: floorMs, quantile, tolerance, margin }: JudgeLatency): LatencyOptions {
  return defined<LatencyOptions>({ quantile, tolerance, margin, floorMs });
}

/** Without undefined members. */
function defined<Values extends object>(values: Encoded<Values>): Values {
  // What may be undefined may be missing as well.
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Values;
}

function encodeStanding(standing: KnownStanding): Encoded<StandingRollout> {
  const { id, plan, startedAtMs, startedBy, state, phase, next, verdict } = standing;
  const { model, stable, canary, steps } = plan;
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
    plan: encodePlan(standing),
    verdict: verdict && asItIs<RolloutVerdict>()(verdict),
  };
}

function encodePlan({ plan, sticky, users }: KnownStanding): Encoded<RolloutPlan> {
  const { steps, maxHoldMs, onInconclusive, promotionNeedsApproval } = plan;
  return {
    steps: steps.map(({ weight, holdMs, minRequests, needsApproval }) => ({
      weight,
      hold_ms: holdMs,
      min_requests: minRequests,
      needs_approval: needsApproval,
    })),
    max_hold_ms: maxHoldMs,
    on_inconclusive: onInconclusive,
    promotion_needs_approval: promotionNeedsApproval,
    sticky: sticky && asItIs<Sticky>()(sticky),
    users,
  };
}

function encodeRollout({ decisions, forecast, timeline, commands, ...standing }: KnownRollout): Encoded<Rollout> {
  return {
    ...encodeStanding(standing),
    forecast: forecast && encodeForecast(forecast),
    commands,
    decisions: decisions.map(({ atMs, by, action, reason, numbers }) => ({
      at: timeOf(atMs),
      by,
      action,
      reason,
      numbers: asItIs<DecisionNumbers>()(numbers),
    })),
    timeline: timeline.map(({ atMs, weight, evidence }) => ({ at: timeOf(atMs), weight, evidence })),
  };
}

function encodeForecast({ perSecond, remainingMs, ...rest }: Forecast): Encoded<RolloutForecast> {
  const others = asItIs<Omit<RolloutForecast, 'per_second' | 'remaining_ms'>>()(rest);
  const remaining = remainingMs === undefined ? undefined : Math.round(remainingMs);
  return { ...others, per_second: perSecond, remaining_ms: remaining };
}

function encodeEvidence({ id, plan: { model }, timeline }: KnownRollout): Encoded<RolloutEvidence> {
  return { id, model, points: timeline.map(encodePoint) };
}

function encodePoint({ atMs, weight, metrics }: KnownRollout['timeline'][number]): Encoded<EvidencePoint> {
  return { at: timeOf(atMs), weight, metrics: asItIs<readonly MetricPoint[]>()(metrics) };
}

function encodePast({ id, stable, canary, startedAtMs, startedBy, state, reason }: OverRollout): Encoded<PastRollout> {
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
