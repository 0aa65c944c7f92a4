import { type Call, type Clock, hashText, type MillraceError } from '../../core/index.js';
import type { ArmChoice } from '../../inference/index.js';
import type { Observation } from '../../rollouts/index.js';
import type { Route } from '../../routing/index.js';
import type { RouteTap, TapListener } from '../routes/route-taps.js';
import { type ComparedAnswer, comparedAnswer } from './compared-answer.js';
import { CANARY_ARM } from './rollout-route.js';

/** The judge of a route's requests, and the canary's share of them. */
export interface JudgedRoute {
  readonly canaryShare: number;
  /** Canary gets further keys. */
  readonly assignsKeys: boolean;
  /** A request with a key (32 bits that stand for it) has got its arm. */
  readonly began: (key: number, isCanary: boolean) => void;
  readonly observe: (observation: Observation) => void;
}

/** Codes that speak of a version. Others that a version may give (it refuses what it was sent) count as its answers. */
const FAILURES: ReadonlySet<MillraceError['code']> = new Set([
  'internal',
  'unavailable',
  'deadline_exceeded',
  'resource_exhausted',
  'unimplemented',
]);

/** Sees what the two versions of rollouts do with the requests that they get, and tells their judges. */
export class RolloutTap implements RouteTap {
  readonly #clock: Clock;
  readonly #judgeOf: (route: Route) => JudgedRoute | undefined;

  constructor(clock: Clock, judgeOf: (route: Route) => JudgedRoute | undefined) {
    this.#clock = clock;
    this.#judgeOf = judgeOf;
  }

  wants(route: Route): boolean {
    return this.#judgeOf(route) !== undefined;
  }

  began({ route, arm, info, isDealt, key }: ArmChoice, call: Call): TapListener | undefined {
    const judged = isDealt ? this.#judgeOf(route) : undefined;
    if (judged === undefined) return undefined;
    const isCanary = arm.name === CANARY_ARM;
    const hash = key === undefined ? undefined : hashText(key).low;
    if (hash !== undefined) judged.began(hash, isCanary);
    const isAssigned = judged.assignsKeys || hash === undefined;
    let answer: ComparedAnswer | undefined;
    return {
      onResponse: (response) => {
        // Of what a model writes only the end says something: its first piece is as good as random.
        if (info.tasks?.generate === undefined) answer ??= comparedAnswer(response, info.signature);
      },
      onEnd: (error) => {
        // Neither is caused by a version: the caller has left, or is over its limit.
        if (error?.code === 'cancelled' || error?.code === 'quota_exceeded') return;
        judged.observe({
          arm: isCanary ? 'canary' : 'stable',
          share: judged.canaryShare,
          atMs: this.#clock.now(),
          failed: error !== undefined && FAILURES.has(error.code),
          latencyMs: error === undefined ? latencyOf(call) : undefined,
          answer: error === undefined ? (call.timing.finishReason ?? answer?.answer) : refusalOf(error),
          score: error === undefined ? answer?.score : undefined,
          vector: error === undefined ? answer?.vector : undefined,
          key: hash,
          isAssigned,
        });
      },
    };
  }
}

function refusalOf({ code }: MillraceError): string | undefined {
  return FAILURES.has(code) ? undefined : `refused: ${code}`;
}

/**
 * Computing only: how long requests wait for a batch depends on how many an arm gets, which differs between the two by design. Of text
 * by the token, as long answers take longer.
 */
function latencyOf({ timing }: Call): number | undefined {
  if (timing.cache === 'hit' || timing.startedAt === 0) return undefined;
  const { usage, computeInputMs, computeInferMs, computeOutputMs, startedAt, finishedAt } = timing;
  if (usage !== undefined) return (finishedAt - startedAt) / Math.max(1, usage.completionTokens);
  return computeInputMs + computeInferMs + computeOutputMs;
}
