import { formatDuration } from '../text/index.js';

/** Percent of a model's requests that its canary gets, and what has to be seen before it gets more. */
export interface RolloutStep {
  /** In percent: more than 0, at most 100. */
  readonly weight: number;
  readonly holdMs: number;
  /** Requests that canary has to end, well or badly, before the rollout goes on. */
  readonly minRequests: number;
  /** Somebody has to approve the step before it begins. */
  readonly needsApproval: boolean;
}

/** What happens where a step has been held for as long as the plan allows, and it is still not known whether canary is as good. */
export const ON_INCONCLUSIVE = ['pause', 'rollback', 'proceed'] as const;
export type OnInconclusive = (typeof ON_INCONCLUSIVE)[number];

/** How a model goes over from one version to another. */
export interface RolloutPlan {
  readonly model: string;
  /** The version that its bare name stands for until the end. */
  readonly stable: number;
  /** The version that is to take its place. */
  readonly canary: number;
  /** With rising weights, the last one 100. */
  readonly steps: readonly RolloutStep[];
  /** A step is held at most so long, while it is not known whether canary is as good; from then on `onInconclusive` decides. */
  readonly maxHoldMs: number;
  readonly onInconclusive: OnInconclusive;
  /** Somebody has to approve that the bare name goes over, after the last step. */
  readonly promotionNeedsApproval: boolean;
}

/** What somebody asks for; the rest is completed. */
export interface PlanOptions {
  /** Percent, or steps that differ from the others in more than that. Default: 1, 5, 25, 50, 100. */
  readonly steps?: readonly (number | StepOptions)[];
  /** Of steps that do not say; default 10 minutes. */
  readonly holdMs?: number;
  /** Of steps that do not say; default 100. */
  readonly minRequests?: number;
  /** Default: six times the longest hold. */
  readonly maxHoldMs?: number;
  /** Default: `pause`. */
  readonly onInconclusive?: OnInconclusive;
  /** Default: false. */
  readonly promotionNeedsApproval?: boolean;
}

export interface StepOptions {
  readonly weight: number;
  readonly holdMs?: number;
  readonly minRequests?: number;
  readonly needsApproval?: boolean;
}

/** In percent. */
export const DEFAULT_STEPS: readonly number[] = [1, 5, 25, 50, 100];
const DEFAULT_HOLD_MS = 600_000;
const DEFAULT_MIN_REQUESTS = 100;
const DEFAULT_HOLDS = 6;
export const MAX_STEPS = 32;
export const MAX_HOLD_MS = 30 * 86_400_000;
export const MAX_MIN_REQUESTS = 1_000_000_000;
/** That anybody may say there are. */
export const MAX_USERS = 1_000_000_000;

/** A plan with all that nobody has asked for, or what is wrong with it and where: `steps[1]`. */
export function createPlan(
  versions: Pick<RolloutPlan, 'model' | 'stable' | 'canary'>,
  options: PlanOptions,
): { readonly plan: RolloutPlan } | { readonly problem: string } {
  const { holdMs = DEFAULT_HOLD_MS, minRequests = DEFAULT_MIN_REQUESTS, onInconclusive = 'pause' } = options;
  const steps = (options.steps ?? DEFAULT_STEPS).map(
    (step): RolloutStep => ({
      holdMs,
      minRequests,
      needsApproval: false,
      ...(typeof step === 'number' ? { weight: step } : step),
    }),
  );
  const longestHoldMs = Math.max(...steps.map((step) => step.holdMs));
  const maxHoldMs = options.maxHoldMs ?? Math.min(DEFAULT_HOLDS * longestHoldMs, MAX_HOLD_MS);
  const problem = problemOfSteps(steps) ?? problemOfMaxHold(maxHoldMs, longestHoldMs);
  if (problem !== undefined) return { problem };
  const { promotionNeedsApproval = false } = options;
  return { plan: { ...versions, steps, maxHoldMs, onInconclusive, promotionNeedsApproval } };
}

function problemOfSteps(steps: readonly RolloutStep[]): string | undefined {
  if (steps.length === 0 || steps.length > MAX_STEPS) return `steps: expected 1 to ${MAX_STEPS}, got ${steps.length}`;
  let before = 0;
  for (const [index, { weight, holdMs, minRequests }] of steps.entries()) {
    const at = `steps[${index}]`;
    if (!(weight > 0 && weight <= 100)) return `${at}: expected more than 0 and at most 100 percent, got ${weight}`;
    if (weight <= before) return `${at}: expected more than the ${before} percent of the step before, got ${weight}`;
    if (!isBetween(holdMs, MAX_HOLD_MS)) return `${at}: expected a hold of at most 30d, got ${sayHold(holdMs)}`;
    if (!Number.isInteger(minRequests) || !isBetween(minRequests, MAX_MIN_REQUESTS)) {
      return `${at}: expected 0 to ${MAX_MIN_REQUESTS} requests, got ${minRequests}`;
    }
    before = weight;
  }
  return before === 100 ? undefined : `steps: expected 100 percent as the last one, got ${before}`;
}

function problemOfMaxHold(maxHoldMs: number, longestHoldMs: number): string | undefined {
  if (isBetween(maxHoldMs, MAX_HOLD_MS) && maxHoldMs >= longestHoldMs) return undefined;
  const least = formatDuration(longestHoldMs);
  return `the longest hold: expected at least the ${least} of a step and at most 30d, got ${sayHold(maxHoldMs)}`;
}

function isBetween(value: number, most: number): boolean {
  return value >= 0 && value <= most;
}

function sayHold(holdMs: number): string {
  return Number.isFinite(holdMs) && holdMs >= 0 ? formatDuration(holdMs) : String(holdMs);
}
