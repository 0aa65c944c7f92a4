import {
  type CallContext,
  type Clock,
  type EventBus,
  formatModelRef,
  type InferRequest,
  type InferTarget,
  MillraceError,
} from '../../core/index.js';
import type { ModelInfo } from '../../engine/index.js';
import type { ArmChoice, ArmFailure } from '../../inference/index.js';
import {
  findNamed,
  findVersion,
  isModelReady,
  targetOf,
  type VersionLookup,
  versionDifference,
} from '../../models/index.js';
import { armInstead, chooseArm, drawArm, type Route, type RouteArm } from '../../routing/index.js';
import { ArmsHealth } from './arms-health.js';
import { type OwnedRoute, OwnedRoutes, type RouteOwner } from './owned-routes.js';
import { factsFor } from './route-facts.js';
import { routeKeyOf } from './route-key.js';

export interface RouteTableSetup {
  readonly lookup: VersionLookup;
  readonly clock: Clock;
  readonly events: EventBus;
  /** The list of routes. Default: an own one. */
  readonly ownedRoutes?: OwnedRoutes;
  /** In [0, 1), for callers without a key. Default: `Math.random`. */
  readonly random?: () => number;
}

/** Another arm may do better: this one is down, or has too much to do. */
const WORTH_ANOTHER: ReadonlySet<MillraceError['code']> = new Set(['unavailable', 'resource_exhausted']);

/** The routes of a server: chooses the arm of each call. */
export class RouteTable {
  readonly #routes: OwnedRoutes;
  readonly #setup: RouteTableSetup;
  readonly #health: ArmsHealth;
  readonly #random: () => number;
  /** By version, why it must not answer for the other one's route; undefined = it may. */
  readonly #differences = new WeakMap<ModelInfo, WeakMap<ModelInfo, { readonly difference: string | undefined }>>();

  constructor(setup: RouteTableSetup) {
    this.#setup = setup;
    this.#routes = setup.ownedRoutes ?? new OwnedRoutes();
    this.#random = setup.random ?? Math.random;
    this.#health = new ArmsHealth(setup);
  }

  /**
   * Puts these in the place of all routes of their owner, in one step: requests that are resolved from now on take them. Those that have
   * been resolved finish on what they were resolved with.
   */
  replace(owner: RouteOwner, routes: readonly Route[]): void {
    this.#routes.replace(owner, routes);
  }

  /** Of every owner, in force or hidden behind one of the same name that comes first. */
  all(): readonly OwnedRoute[] {
    return this.#routes.all();
  }

  /** Owners of a route of the name. */
  ownersOf(name: string): readonly RouteOwner[] {
    return this.#routes.ownersOf(name);
  }

  /** The route that a caller names; undefined = a model, or a version of one. */
  find({ name, version }: InferTarget): Route | undefined {
    return version === undefined ? this.#routes.get(name) : undefined;
  }

  /**
   * The arm for a call; its request is undefined where it has not been decoded yet. Arms that do not serve are passed over. Throws why
   * none does.
   */
  choose(route: Route, call: CallContext, request: InferRequest | undefined): ArmChoice {
    const ruled = this.#ruledArm(route, call, request);
    if (ruled !== undefined) {
      return { route, arm: ruled, info: this.#servingOrRefuse(route, ruled), isDealt: false, key: undefined };
    }
    const key = route.sticky && routeKeyOf(route.sticky, call, request);
    const random = key === undefined ? this.#random() : 0;
    const draw = (arms: readonly RouteArm[]) => (key === undefined ? drawArm(arms, random) : chooseArm(arms, key));
    const drawn = draw(route.arms) as RouteArm;
    const instead = key === undefined ? undefined : armInstead(route, drawn, key);
    const first = instead ?? drawn;
    const info = this.#serving(route, first);
    if (info !== undefined && this.#health.admits(route, first)) {
      const isDealt = instead === undefined && (request?.sequence?.start ?? true);
      return { route, arm: first, info, isDealt, key };
    }
    const serving = route.arms.filter((arm) => this.#serving(route, arm) !== undefined);
    // Where all arms are left out, none is; where none serves, the error is the first arm's.
    const arm = draw(serving.filter((other) => this.#health.admits(route, other))) ?? draw(serving) ?? first;
    return { route, arm, info: this.#servingOrRefuse(route, arm), isDealt: false, key };
  }

  /** An arm has got a request. */
  began({ route, arm }: ArmChoice): void {
    this.#health.chosen(route, arm);
  }

  /** It has ended. */
  ended({ route, arm }: ArmChoice, error: MillraceError | undefined): void {
    this.#health.ended(route, arm, error);
  }

  /** The arm to try next; undefined = none, since there is none or the request must not run twice. */
  fallback({ route, arm }: ArmChoice, { error, request, hasRun, tried }: ArmFailure): ArmChoice | undefined {
    // Only what has not run may be tried again: the rest may have side effects, or be what brought the arm down.
    if (route.fallback.length === 0 || hasRun || !WORTH_ANOTHER.has(error.code)) return undefined;
    // The state of the sequence is with the arm that has failed.
    if (request.sequence !== undefined && !request.sequence.start) return undefined;
    for (const next of route.fallback) {
      if (next === arm || tried.has(next) || !this.#health.admits(route, next)) continue;
      const other = this.#serving(route, next);
      if (other === undefined) continue;
      return { route, arm: next, info: other, isDealt: false, key: undefined };
    }
    return undefined;
  }

  /** A version that stands for all of a route: that of its first arm that serves. Throws why none does. */
  example(route: Route): ModelInfo {
    const info = route.arms.map((arm) => this.#serving(route, arm)).find((found) => found !== undefined);
    return info ?? findVersion(this.#setup.lookup, targetOf(route.arms[0] as RouteArm));
  }

  /** Of each route that answers requests. */
  examples(): readonly { readonly name: string; readonly info: ModelInfo }[] {
    return this.#routes
      .inForce()
      .filter((route) => this.isReady(route))
      .map((route) => ({ name: route.name, info: this.example(route) }));
  }

  /** Whether any arm answers requests. */
  isReady(route: Route): boolean {
    return route.arms.some((arm) => {
      const info = this.#serving(route, arm);
      return info !== undefined && isModelReady(this.#setup.lookup, info.ref);
    });
  }

  /** Throws why an arm does not serve. */
  #servingOrRefuse(route: Route, arm: RouteArm): ModelInfo {
    const info = this.#serving(route, arm);
    if (info !== undefined) return info;
    const { ref } = findVersion(this.#setup.lookup, targetOf(arm));
    const message = `arm '${arm.name}' of route '${route.name}' (${formatModelRef(ref)}) takes other tensors than those before it`;
    throw new MillraceError('failed_precondition', message);
  }

  #ruledArm({ rules, arms }: Route, call: CallContext, request: InferRequest | undefined): RouteArm | undefined {
    for (const rule of rules) {
      if (rule.holds(factsFor(rule, call, request))) return arms.find(({ name }) => name === rule.arm);
    }
    return undefined;
  }

  /** The version of an arm, where it serves and takes what the route's other arms take. */
  #serving(route: Route, arm: RouteArm): ModelInfo | undefined {
    const { lookup } = this.#setup;
    const info = findNamed(lookup, arm);
    if (info === undefined) return undefined;
    for (const other of route.arms) {
      if (other === arm) return info;
      const reference = findNamed(lookup, other);
      if (reference !== undefined) return this.#differs(route, { arm, info }, reference) ? undefined : info;
    }
    return info;
  }

  #differs(route: Route, { arm, info }: Pick<ArmChoice, 'arm' | 'info'>, reference: ModelInfo): boolean {
    if (info === reference) return false;
    const known =
      this.#differences.get(reference) ?? new WeakMap<ModelInfo, { readonly difference: string | undefined }>();
    this.#differences.set(reference, known);
    let found = known.get(info);
    if (found === undefined) {
      found = { difference: differenceOf(reference, info) };
      known.set(info, found);
      if (found.difference !== undefined) {
        const message = `route '${route.name}' passes over its arm '${arm.name}' (${formatModelRef(info.ref)}): ${found.difference}`;
        this.#setup.events.publish('diagnostic', { level: 'error', room: 'service', message });
      }
    }
    return found.difference !== undefined;
  }
}

function differenceOf(reference: ModelInfo, info: ModelInfo): string | undefined {
  const difference = versionDifference(reference, info);
  return difference && `other than ${formatModelRef(reference.ref)}, ${difference}`;
}
