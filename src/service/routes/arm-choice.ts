import type { ModelInfo } from '../../engine/index.js';
import type { Route, RouteArm } from '../../routing/index.js';

/** Which arm of a route answers a call, and with which version. */
export interface ArmChoice {
  readonly route: Route;
  readonly arm: RouteArm;
  readonly info: ModelInfo;
}
