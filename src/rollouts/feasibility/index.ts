/** Whether a plan can conclude: how many requests or users a verdict needs, and how long they take (docs/judge.md). */
export type { MetricNeeds, Needed, Requirements, Unit } from './requirements.js';
export { userProblem } from './user-problem.js';
