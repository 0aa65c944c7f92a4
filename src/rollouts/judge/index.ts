/** Whether a canary is worse than stable: statistics that may be looked at after every request (docs/judge.md). */
export type { Interval } from './difference.js';
export { createJudge, type Judge, type JudgeSnapshot } from './judge.js';
export type { ArmName, Observation, ObservedOutcome, VectorSketch } from './observation.js';
export type {
  AgreementOptions,
  AnswerOptions,
  ErrorOptions,
  JudgeOptions,
  LatencyOptions,
  OutcomeOptions,
} from './options.js';
export type { MetricName, MetricVerdict, Verdict, VerdictKind } from './verdict.js';
