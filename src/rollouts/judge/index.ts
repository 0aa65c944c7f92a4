/** Whether a canary is worse than stable: statistics that may be looked at after every request (docs/judge.md). */
export { createJudge, type Judge, type JudgeSnapshot } from './judge.js';
export type { ArmName, Observation } from './observation.js';
export type { ErrorOptions, JudgeOptions } from './options.js';
export type { MetricName, MetricVerdict, Verdict, VerdictKind } from './verdict.js';
