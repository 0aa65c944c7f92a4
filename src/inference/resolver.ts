import {
  type Call,
  type CallContext,
  type Clock,
  type InferRequest,
  type InferTarget,
  toMillraceError,
} from '../core/index.js';
import { admitToModel, findVersion, type SeenLookup, tell, tellOfArms, type VersionLookup } from '../models/index.js';
import { chooseVersion, type Route } from '../routing/index.js';
import type { ArmChoice, ArmFailure } from './arm-choice.js';
import { noteCandidate } from './inference.js';
import { brand, type Candidates, checked, NO_ARMS, type Plan } from './plan.js';
import type { RunningSequences } from './running-sequences.js';
import type { Resolved, ResolveOptions } from './types.js';

const NO_OPTIONS: ResolveOptions = {};

/** The routes of a server; `traffic` has them. */
export interface Routes {
  /** The route that a caller names; undefined = a model, or a version of one. */
  find(target: InferTarget): Route | undefined;
  /** The arm for a call, whose request is undefined until it has been decoded. Throws why none serves. */
  choose(route: Route, call: CallContext, request: InferRequest | undefined): ArmChoice;
  /** The arm to try next; undefined = none, since there is none or the request must not run twice. */
  fallback(choice: ArmChoice, failure: ArmFailure): ArmChoice | undefined;
}

interface ResolverSetup {
  readonly lookup: VersionLookup;
  readonly routes: Routes;
  readonly sequences: RunningSequences;
  readonly clock: Clock;
  /** Called when a call ends because it could not be resolved. */
  readonly onRefused: (call: Call, target: InferTarget, error: ReturnType<typeof toMillraceError>) => void;
}

/** Lets a call in and chooses the version that answers it. */
export class Resolver {
  readonly #setup: ResolverSetup;

  constructor(setup: ResolverSetup) {
    this.#setup = setup;
  }

  /** For plans. */
  get candidates(): Candidates {
    const { lookup, routes } = this.#setup;
    return {
      serving: (name, version) => chooseVersion(lookup.engine.serving(name), version),
      named: (plan) => findVersion(plan.lookup, plan.own),
      arm: (route, call, request) => this.#choose(route, call, request),
      fallback: (choice, failure) => routes.fallback(choice, failure),
    };
  }

  resolve(call: Call, target: InferTarget, options = NO_OPTIONS): Resolved {
    call.origin.hasRun ??= false;
    const plan = this.#find(call, target, options);
    noteCandidate(call, plan);
    call.timing.resolvedAt = this.#setup.clock.now();
    return plan;
  }

  /** Throws as {@link resolve}; nothing is chosen. */
  check(call: Call, target: InferTarget): void {
    this.#find(call, target, NO_OPTIONS);
  }

  mayInfer({ principal }: CallContext, name: string): boolean {
    const { aliases } = this.#setup.lookup;
    return principal.rights.allow('model.infer', aliases.resolve({ name, version: undefined }).name);
  }

  /** Throws as the caller may see it where no version answers; the end of the call has been published then. */
  #find(call: Call, target: InferTarget, options: ResolveOptions): Plan {
    const { lookup, routes, onRefused } = this.#setup;
    // An ensemble names its steps by their own names.
    const own = options.isStep ? target : lookup.aliases.resolve(target);
    try {
      const seen: Pick<SeenLookup, 'lookup' | 'isItself'> = options.isStep
        ? { lookup, isItself: true }
        : admitToModel(lookup, { principal: call.principal, action: 'model.infer' }, target);
      const route = seen.isItself ? routes.find(own) : undefined;
      const choice = route && this.#choose(route, call, undefined);
      const named = choice ?? this.#findOrRemember(seen.lookup, call, own);
      // Named, not spread: V8 moves objects made by a spread to the old generation.
      const plan = {
        target,
        own,
        options,
        lookup: seen.lookup,
        info: named.info,
        choice,
        forSequencesOnly: 'forSequencesOnly' in named && named.forSequencesOnly,
        tried: NO_ARMS,
      };
      return checked(brand(plan));
    } catch (thrown) {
      const error = toMillraceError(thrown);
      onRefused(call, own, error);
      throw tell(error, call, { name: target.name, isRoute: routes.find(own) !== undefined });
    }
  }

  #choose(route: Route, call: CallContext, request: InferRequest | undefined): ArmChoice {
    try {
      return this.#setup.routes.choose(route, call, request);
    } catch (error) {
      throw tellOfArms(error, call, route);
    }
  }

  #findOrRemember(seen: VersionLookup, call: Call, target: InferTarget): Pick<Plan, 'info' | 'forSequencesOnly'> {
    try {
      return { info: findVersion(seen, target), forSequencesOnly: false };
    } catch (error) {
      const { sequences } = this.#setup;
      const { ownerId } = call.principal;
      if (call.takesOtherVersion && target.version !== undefined) {
        return this.#findOrRemember(seen, call, { name: target.name, version: undefined });
      }
      const info = target.version === undefined ? sequences.exampleOf({ ownerId, name: target.name }) : undefined;
      if (info === undefined) throw error;
      return { info, forSequencesOnly: true };
    }
  }
}
