import {
  type Call,
  type Clock,
  type InferRequest,
  type InferTarget,
  MillraceError,
  msg,
  namedModel,
  toMillraceError,
} from '../core/index.js';
import type { ModelInfo } from '../engine/index.js';
import { admitToModel, findVersion, type SeenLookup, tell, tellOfArms, type VersionLookup } from '../models/index.js';
import { chooseVersion, type Route } from '../routing/index.js';
import type { RouteTable } from '../traffic/index.js';
import type { ArmChoice, ArmFailure } from './arm-choice.js';
import { type NamedSequence, RunningSequences, type RunsOn } from './running-sequences.js';
import type { Resolved, ResolveOptions } from './types.js';

const NO_OPTIONS: ResolveOptions = {};
const NO_INSTANCE = new MillraceError('unavailable', 'no instance is up');

interface ResolutionDependencies {
  readonly lookup: VersionLookup;
  readonly routes: RouteTable;
  readonly clock: Clock;
  /** Called when a call ends because it could not be resolved. */
  readonly onRefused: (call: Call, target: InferTarget, error: MillraceError) => void;
}

/** What only this room knows of what it has resolved. */
export interface Resolution extends Resolved {
  readonly options: ResolveOptions;
  /** What of the name there is for the caller. */
  readonly lookup: VersionLookup;
  /** Of a route. */
  readonly choice: ArmChoice | undefined;
  /** Nothing has the name any more that was asked for, but sequences which began by it: nothing else may run. */
  readonly forSequencesOnly: boolean;
}

type Found = Pick<Resolution, 'info' | 'forSequencesOnly'>;

/** Lets a call in and chooses the version that answers it. */
export function createResolution({ lookup, routes, clock, onRefused }: ResolutionDependencies) {
  const sequences = new RunningSequences(clock);

  /** What answers; nothing is noted yet. Throws why nothing does, as the caller is told of it, and the call is settled then. */
  function find(call: Call, target: InferTarget, options: ResolveOptions): Resolution {
    // An ensemble names its steps by their own names.
    const own = options.isStep ? target : lookup.aliases.resolve(target);
    try {
      const seen: Pick<SeenLookup, 'lookup' | 'isItself'> = options.isStep
        ? { lookup, isItself: true }
        : admitToModel(lookup, { principal: call.principal, action: 'model.infer' }, target);
      const route = seen.isItself ? routes.find(own) : undefined;
      const choice = route && choose(route, call, undefined);
      const found = choice ? { info: choice.info, forSequencesOnly: false } : findOrRemember(seen.lookup, call, own);
      checkAnswers(found.info, options);
      const common = { target, own, options, lookup: seen.lookup, choice };
      const resolution: Omit<Resolution, keyof Resolved> & Partial<Resolved> = { ...common, ...found };
      // The brand keeps everybody else from making one; it is not there at run time.
      return resolution as Resolution;
    } catch (thrown) {
      const error = toMillraceError(thrown);
      onRefused(call, own, error);
      throw tell(error, call, { name: target.name, isRoute: routes.find(own) !== undefined });
    }
  }

  function resolve(call: Call, target: InferTarget, options = NO_OPTIONS): Resolved {
    const resolution = find(call, target, options);
    note(call, resolution.info, resolution.choice);
    return resolution;
  }

  function choose(route: Route, call: Call, request: InferRequest | undefined): ArmChoice {
    try {
      return routes.choose(route, call, request);
    } catch (error) {
      throw tellOfArms(error, call, route);
    }
  }

  function findOrRemember(seen: VersionLookup, call: Call, target: InferTarget): Found {
    const { ownerId } = call.principal;
    try {
      return { info: findVersion(seen, target), forSequencesOnly: false };
    } catch (error) {
      const info = target.version === undefined ? sequences.exampleOf({ ownerId, name: target.name }) : undefined;
      if (info === undefined) throw error;
      return { info, forSequencesOnly: true };
    }
  }

  /**
   * What has been resolved, once the request is known: a route may choose by what is in it, and a sequence stays on the version that it
   * began on. Throws as {@link resolve}.
   */
  function settleArm(resolution: Resolution, call: Call, request: InferRequest): Resolution {
    const { own, choice, options, forSequencesOnly } = resolution;
    const named = sequenceOf(call, own, request);
    if (named === undefined && !choice?.route.needsRequest && !forSequencesOnly) return resolution;
    const running = named && request.sequence?.start === false ? sequences.get(named) : undefined;
    const chosen: RunsOn = (running && again(running)) ?? chooseFor(resolution, call, request);
    if (named && request.sequence?.end) sequences.end(named);
    else remember(named, request, chosen);
    checkAnswers(chosen.info, options);
    note(call, chosen.info, chosen.choice);
    return { ...resolution, ...chosen, forSequencesOnly: false };
  }

  /** The version that a sequence runs on, which may have been loaded again since. */
  function again({ info: { ref }, choice }: RunsOn): RunsOn | undefined {
    const info = chooseVersion(lookup.engine.serving(ref.name), ref.version);
    return info && { info, choice: choice && { ...choice, info, isDealt: false } };
  }

  function chooseFor(
    { lookup: seen, own, info, choice, forSequencesOnly }: Resolution,
    call: Call,
    request: InferRequest,
  ): RunsOn {
    if (forSequencesOnly) return { info: findVersion(seen, own), choice: undefined };
    if (choice === undefined) return { info, choice };
    const chosen = choose(choice.route, call, request);
    return { info: chosen.info, choice: chosen };
  }

  /**
   * With the version that runs it now: loaded again or not, the one before while it serves. A route chooses anew by what is in the request.
   * Throws as {@link resolve}.
   */
  function renew(resolution: Resolution, call: Call, request: InferRequest): Resolution {
    const { own, info, options, choice } = resolution;
    const same = chooseVersion(lookup.engine.serving(info.ref.name), info.ref.version);
    if (same === info) return resolution;
    const anew = same === undefined && choice !== undefined ? choose(choice.route, call, request) : choice;
    const now = same ?? anew?.info ?? findVersion(resolution.lookup, own);
    checkAnswers(now, options);
    note(call, now, anew);
    remember(sequenceOf(call, own, request), request, { info: now, choice: anew });
    return { ...resolution, info: now, choice: anew };
  }

  function remember(named: NamedSequence | undefined, { sequence }: InferRequest, runsOn: RunsOn): void {
    if (named !== undefined && sequence?.end === false) sequences.keep(named, runsOn);
  }

  /** What runs a request in place of an arm that has failed; undefined = nothing does, and it has failed. */
  function otherArm(resolution: Resolution, call: Call, failure: ArmFailure): Resolution | undefined {
    const { choice, options } = resolution;
    const next = choice && routes.fallback(choice, failure);
    if (next === undefined || !answersAsAsked(next.info, options)) return undefined;
    note(call, next.info, next);
    remember(sequenceOf(call, resolution.own, failure.request), failure.request, { info: next.info, choice: next });
    return { ...resolution, info: next.info, choice: next };
  }

  return {
    resolve,
    checkTarget: (call: Call, target: InferTarget): void => void find(call, target, NO_OPTIONS),
    mayInfer: ({ principal }: Call, name: string): boolean =>
      principal.rights.allow('model.infer', lookup.aliases.resolve({ name, version: undefined }).name),
    settleArm,
    renew,
    otherArm,
  };
}

/** The sequence whose version is remembered: of a request that names no version. */
function sequenceOf(
  { principal: { ownerId } }: Call,
  { name, version }: InferTarget,
  { sequence }: InferRequest,
): NamedSequence | undefined {
  return version === undefined && sequence !== undefined ? { ownerId, name, id: sequence.id } : undefined;
}

/** Whether another arm would run a request if no instance of its own were up; `tried`: those that have failed it. */
export function hasOtherArm(
  routes: Pick<RouteTable, 'fallback'>,
  { choice, options }: Resolution,
  { request, tried }: Pick<ArmFailure, 'request' | 'tried'>,
): boolean {
  if (choice === undefined || choice.route.fallback.length === 0) return false;
  const next = routes.fallback(choice, { error: NO_INSTANCE, request, hasRun: false, tried });
  return next !== undefined && answersAsAsked(next.info, options);
}

function note({ timing }: Call, { ref }: ModelInfo, choice: ArmChoice | undefined): void {
  timing.answeredBy = ref;
  timing.route = choice?.route.name ?? '';
  timing.arm = choice?.arm.name ?? '';
}

function checkAnswers(info: ModelInfo, options: ResolveOptions): void {
  if (answersAsAsked(info, options)) return;
  throw new MillraceError(
    'unimplemented',
    msg`${namedModel(info.ref.name)} may give several answers, ${options.onlyOne ?? ''}`,
  );
}

function answersAsAsked({ decoupled, tasks }: ModelInfo, { onlyOne, whole = false }: ResolveOptions): boolean {
  return onlyOne === undefined || !decoupled || (tasks?.generate !== undefined && whole);
}
