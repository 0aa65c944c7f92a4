import type { InferRequest, MillraceError } from '../../core/index.js';
import type { ModelInfo } from '../../engine/index.js';
import type { Route, RouteArm } from '../../routing/index.js';

/** Which arm of a route answers a call, and with which version. */
export interface ArmChoice {
  readonly route: Route;
  readonly arm: RouteArm;
  readonly info: ModelInfo;
}

/** An arm has failed a request. */
export interface ArmFailure {
  readonly error: MillraceError;
  readonly request: InferRequest;
  /** It has been in a batch there, and may have run. */
  readonly hasRun: boolean;
  /** Arms that have failed it before. */
  readonly tried: ReadonlySet<RouteArm>;
}
