import type { InferRequest, MillraceError } from '../core/index.js';
import type { ModelInfo } from '../engine/index.js';
import type { Route, RouteArm } from '../routing/index.js';

/** Which arm of a route answers a call, and with which version. */
export interface ArmChoice {
  readonly route: Route;
  readonly arm: RouteArm;
  readonly info: ModelInfo;
  /**
   * Chance has dealt the request to it, among all arms by their weights. Not where a rule names the arm, another one has been left out or
   * has failed, or the request is not the first of its sequence.
   */
  readonly isDealt: boolean;
  /** Of sticky routes: what was dealt, with all requests that have it. undefined = the request itself. */
  readonly key: string | undefined;
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
