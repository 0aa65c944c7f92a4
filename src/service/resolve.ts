import { type Call, type InferRequest, type InferTarget, MillraceError, toMillraceError } from '../core/index.js';
import type { ModelInfo } from '../engine/index.js';
import { admit } from '../governance/index.js';
import { chooseVersion } from '../routing/index.js';
import { findVersion, type VersionLookup } from './find-version.js';
import type { ArmChoice, ArmFailure } from './routes/arm-choice.js';
import type { RouteTable } from './routes/route-table.js';
import type { Resolved, ResolveOptions } from './types.js';

const NO_OPTIONS: ResolveOptions = {};

interface ResolutionDependencies {
  readonly lookup: VersionLookup;
  readonly routes: RouteTable;
  /** Called when a call ends because it could not be resolved. */
  readonly onRefused: (call: Call, target: InferTarget, error: MillraceError) => void;
}

/** What only this room knows of what it has resolved. */
export interface Resolution extends Resolved {
  readonly options: ResolveOptions;
  /** Of a route. */
  readonly choice: ArmChoice | undefined;
}

/** Lets a call in and chooses the version that answers it. */
export function createResolution({ lookup, routes, onRefused }: ResolutionDependencies) {
  function resolve(call: Call, target: InferTarget, options = NO_OPTIONS): Resolved {
    try {
      admit(call.principal, 'infer');
      const route = routes.find(target);
      const choice = route && routes.choose(route, call, undefined);
      const info = choice?.info ?? findVersion(lookup, target);
      checkAnswers(info, options);
      note(call, info, choice);
      // The brand keeps everybody else from making one; it is not there at run time.
      return { target, info, options, choice } as Omit<Resolution, keyof Resolved> & Partial<Resolved> as Resolution;
    } catch (error) {
      onRefused(call, target, toMillraceError(error));
      throw error;
    }
  }

  /** What has been resolved, once the request is known: a route may choose by what is in it. Throws as {@link resolve}. */
  function settleArm(resolution: Resolution, call: Call, request: InferRequest): Resolution {
    const { choice, options } = resolution;
    if (choice === undefined || !(choice.route.needsRequest || request.sequence !== undefined)) return resolution;
    const chosen = routes.choose(choice.route, call, request);
    checkAnswers(chosen.info, options);
    note(call, chosen.info, chosen);
    return { ...resolution, info: chosen.info, choice: chosen };
  }

  /**
   * With the version that runs it now: loaded again or not, the one before while it serves. A route chooses anew by what is in the request.
   * Throws as {@link resolve}.
   */
  function renew(resolution: Resolution, call: Call, request: InferRequest): Resolution {
    const { target, info, options, choice } = resolution;
    const same = chooseVersion(lookup.engine.serving(info.ref.name), info.ref.version);
    if (same === info) return resolution;
    const again = same === undefined && choice !== undefined ? routes.choose(choice.route, call, request) : choice;
    const now = same ?? again?.info ?? findVersion(lookup, target);
    checkAnswers(now, options);
    note(call, now, again);
    return { ...resolution, info: now, choice: again };
  }

  /** What runs a request in place of an arm that has failed; undefined = nothing does, and it has failed. */
  function otherArm(resolution: Resolution, call: Call, failure: ArmFailure): Resolution | undefined {
    const { choice, options } = resolution;
    const next = choice && routes.fallback(choice, failure);
    if (next === undefined || !answersAsAsked(next.info, options)) return undefined;
    note(call, next.info, next);
    return { ...resolution, info: next.info, choice: next };
  }

  return { resolve, settleArm, renew, otherArm };
}

function note({ timing }: Call, { ref }: ModelInfo, choice: ArmChoice | undefined): void {
  timing.answeredBy = ref;
  if (choice === undefined) return;
  timing.route = choice.route.name;
  timing.arm = choice.arm.name;
}

function checkAnswers(info: ModelInfo, options: ResolveOptions): void {
  if (answersAsAsked(info, options)) return;
  throw new MillraceError('unimplemented', `model '${info.ref.name}' may give several answers, ${options.onlyOne}`);
}

function answersAsAsked({ decoupled, generates }: ModelInfo, { onlyOne, whole = false }: ResolveOptions): boolean {
  return onlyOne === undefined || !decoupled || (generates !== undefined && whole);
}
