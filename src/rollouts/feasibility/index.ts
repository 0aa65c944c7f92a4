/** Whether a plan can conclude: how many requests or users a verdict needs, and how long they take (docs/judge.md). */
export { type Forecast, forecast, type Obstacle, type SeenTraffic, type UserCount } from './forecast.js';
export { Pace } from './pace.js';
export {
  type MetricNeeds,
  type Needed,
  type Requirements,
  rememberingRequirements,
  type Unit,
} from './requirements.js';
export { userProblem } from './user-problem.js';
