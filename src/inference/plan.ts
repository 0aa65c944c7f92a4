import {
  type CallContext,
  type InferRequest,
  type InferTarget,
  MillraceError,
  msg,
  namedModel,
} from '../core/index.js';
import type { ModelInfo } from '../engine/index.js';
import type { VersionLookup } from '../models/index.js';
import type { Route, RouteArm } from '../routing/index.js';
import type { ArmChoice, ArmFailure } from './arm-choice.js';
import type { Resolved, ResolveOptions } from './types.js';

/** The version that is to run a request, and the arm by which a route has chosen it. */
export interface Candidate {
  readonly info: ModelInfo;
  /** undefined where the caller names the model. */
  readonly choice: ArmChoice | undefined;
}

/** Which version answers a request, and how to go on where it does not. */
export interface Plan extends Resolved, Candidate {
  readonly info: ModelInfo;
  readonly options: ResolveOptions;
  /** Models, versions and labels that the caller may see. */
  readonly lookup: VersionLookup;
  /** Nothing has the name any more that was asked for, but sequences which began by it: nothing else may run. */
  readonly forSequencesOnly: boolean;
  /** Arms that have failed the request. */
  readonly tried: ReadonlySet<RouteArm>;
}

/** The versions and arms from which a plan chooses. No method changes anything. */
export interface Candidates {
  /** The version of this number that serves now. */
  serving(name: string, version: number): ModelInfo | undefined;
  /** The version for which the name stands now. Throws where there is none. */
  named(plan: Plan): ModelInfo;
  /** The arm of a route for a call, whose request is undefined until it has been decoded. Throws why none serves. */
  arm(route: Route, call: CallContext, request: InferRequest | undefined): ArmChoice;
  /** The arm to try after one that has failed; undefined = none. */
  fallback(choice: ArmChoice, failure: ArmFailure): ArmChoice | undefined;
}

/** A request and on whose behalf. */
export interface AskedRequest {
  readonly call: CallContext;
  readonly request: InferRequest;
}

export const NO_ARMS: Plan['tried'] = new Set();
const NO_INSTANCE = new MillraceError('unavailable', 'no instance is up');

/**
 * The plan once the request is known: a route may choose by the request, and a sequence stays on its version. Throws where no version
 * answers, or none that answers as the caller asks.
 */
export function withRequest(
  plan: Plan,
  { running, ...asked }: AskedRequest & { readonly running: Candidate | undefined },
  candidates: Candidates,
): Plan {
  const found = (running && servingNow(running, candidates)) ?? chosenFor(plan, asked, candidates);
  return checked({ ...plan, ...found, forSequencesOnly: false });
}

/** Whether {@link withRequest} may choose another version. */
export function dependsOnRequest({ choice, forSequencesOnly }: Plan): boolean {
  return forSequencesOnly || choice?.route.needsRequest === true;
}

/**
 * The plan with the version that serves now under the same number, which may have been loaded again. Where it is gone, a route chooses
 * another one for the request. Returns the same plan where nothing has changed. Throws as {@link withRequest}.
 */
export function renewed(plan: Plan, { call, request }: AskedRequest, candidates: Candidates): Plan {
  const { info, choice } = plan;
  const same = candidates.serving(info.ref.name, info.ref.version);
  if (same === info) return plan;
  const anew = same === undefined && choice !== undefined ? candidates.arm(choice.route, call, request) : choice;
  return checked({ ...plan, info: same ?? anew?.info ?? candidates.named(plan), choice: anew });
}

/** The plan with the arm that takes the request over after a failure; undefined = none does. */
export function afterFailure(
  plan: Plan,
  failure: Omit<ArmFailure, 'tried'>,
  candidates: Pick<Candidates, 'fallback'>,
): Plan | undefined {
  const { choice, options, tried } = plan;
  const next = choice && candidates.fallback(choice, { ...failure, tried });
  if (next === undefined || !answersAsAsked(next.info, options)) return undefined;
  return { ...plan, info: next.info, choice: next, tried: new Set([...tried, choice?.arm as RouteArm]) };
}

/** Whether another arm would take the request over if no instance of its own were up. */
export function mayMove(plan: Plan, request: InferRequest, candidates: Pick<Candidates, 'fallback'>): boolean {
  if (plan.choice === undefined || plan.choice.route.fallback.length === 0) return false;
  return afterFailure(plan, { error: NO_INSTANCE, request, hasRun: false }, candidates) !== undefined;
}

/** The plan. Throws `unimplemented` where its version may give several answers, which the caller cannot take. */
export function checked(plan: Plan): Plan {
  const { info, options } = plan;
  if (answersAsAsked(info, options)) return plan;
  throw new MillraceError(
    'unimplemented',
    msg`${namedModel(info.ref.name)} may give several answers, ${options.onlyOne ?? ''}`,
  );
}

/** A plan for one version, which nothing takes over. */
export function planFor(info: ModelInfo, target: InferTarget, lookup: VersionLookup): Plan {
  const named = { target, own: target, options: {}, lookup, info, choice: undefined };
  return brand({ ...named, forSequencesOnly: false, tried: NO_ARMS });
}

/** The brand of `Resolved` keeps other rooms from making one; it is not there at run time. */
export function brand(plan: Omit<Plan, keyof Resolved> & Pick<Resolved, 'target' | 'own' | 'info'>): Plan {
  return plan as Plan;
}

/** The version that a sequence runs on, which may have been loaded again since. */
function servingNow({ info: { ref }, choice }: Candidate, candidates: Candidates): Candidate | undefined {
  const info = candidates.serving(ref.name, ref.version);
  return info && { info, choice: choice && { ...choice, info, isDealt: false } };
}

function chosenFor(plan: Plan, { call, request }: AskedRequest, candidates: Candidates): Candidate {
  if (plan.forSequencesOnly) return { info: candidates.named(plan), choice: undefined };
  if (plan.choice === undefined) return { info: plan.info, choice: undefined };
  const choice = candidates.arm(plan.choice.route, call, request);
  return { info: choice.info, choice };
}

function answersAsAsked({ decoupled, tasks }: ModelInfo, { onlyOne, whole = false }: ResolveOptions): boolean {
  return onlyOne === undefined || !decoupled || (tasks?.generate !== undefined && whole);
}
