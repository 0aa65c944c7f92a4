/** Whether a plan can conclude: how many requests or users a verdict needs, and how long they take (docs/judge.md). */
export { ENOUGH_REQUESTS, forecast, type SeenTraffic } from './forecast.js';
export type { Forecast } from './forecast-types.js';
export { Pace } from './pace.js';
export { rememberingRequirements } from './requirements.js';
export { userProblem } from './user-problem.js';
