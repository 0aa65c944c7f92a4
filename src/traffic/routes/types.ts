import type { CallContext } from '../../core/index.js';
import type { RouteConfig, RoutesOptions } from '../../routing/index.js';
import type { Expected } from '../declarations/expected.js';
import type { RouteOwner } from './owned-routes.js';

/** The routes of the settings, as the server starts with them. */
export interface WrittenFileRoutes {
  readonly configs: RoutesOptions;
  /** Where a route is declared: `millrace.yaml:4:3`; '' where that is not known. */
  readonly placeOf: (name: string) => string;
  /** Checks routes like those of the settings, and completes them with defaults. */
  readonly read: (routes: Readonly<Record<string, unknown>>) => {
    readonly configs: RoutesOptions;
    readonly problems: readonly string[];
  };
}

/** A route as people have declared it, and how it stands. */
export interface DeclaredRoute {
  readonly name: string;
  readonly owner: RouteOwner;
  /** Completed with defaults. */
  readonly config: RouteConfig;
  /** Where the settings declare it: `millrace.yaml:4:3`; undefined where they do not. */
  readonly place: string | undefined;
  /** False where a route of the same name comes first. */
  readonly isInForce: boolean;
  /** Whether any of its arms answers requests. */
  readonly isReady: boolean;
  /** Names its revision; '0' of one that was not declared through the API. */
  readonly tag: string;
  /** Milliseconds since the Unix epoch; undefined of one that was not declared through the API. */
  readonly changedAtMs: number | undefined;
  readonly changedBy: string | undefined;
}

/** All routes. */
export interface RouteList {
  readonly routes: readonly DeclaredRoute[];
  /** Names what is declared through the API now, all of it together. */
  readonly tag: string;
  /** Why what was declared through the API is not in force, and what to do; undefined = it is. */
  readonly problem: string | undefined;
}

/** The effect of a change on a route. */
export interface RouteChange {
  readonly name: string;
  readonly change: 'created' | 'changed' | 'removed' | 'unchanged';
  readonly before: RouteConfig | undefined;
  readonly after: RouteConfig | undefined;
  /** Names the revision that it has now, or in a dry run the one before. */
  readonly tag: string;
}

/** The effect of a change of several routes, in the order of the request. */
export interface AppliedRoutes {
  readonly changes: readonly RouteChange[];
  /** {@link RouteList.tag} after the change, in a dry run before it. */
  readonly tag: string;
}

/** An earlier revision of a route. */
export interface RouteRevision {
  readonly revision: number;
  /** undefined: it was removed. */
  readonly config: RouteConfig | undefined;
  readonly changedAtMs: number;
  readonly changedBy: string;
}

export interface ApplyOptions {
  /** By name, as in the settings; null removes one. Others stay as they are. */
  readonly routes: Readonly<Record<string, unknown>>;
  /** Checks and says what would change. Needs the right `route.read`. */
  readonly dryRun?: boolean;
  /** Of all declarations: {@link RouteList.tag}. */
  readonly expected?: Expected;
}

/**
 * The use cases about routes: looking needs the right `route.read`, changing `route.change`. What is changed is checked as the settings are
 * (`invalid_argument`), and may not be the settings' own (`failed_precondition`). It is in force and lasts when the promise resolves.
 */
export interface RouteUseCases {
  /** Of every owner, by name. */
  list(call: CallContext): RouteList;
  /** The one in force. `not_found` for an unknown one. */
  get(call: CallContext, name: string): DeclaredRoute;
  /** All of the changes or none. */
  apply(call: CallContext, options: ApplyOptions): Promise<AppliedRoutes>;
  put(
    call: CallContext,
    name: string,
    put: { readonly route: unknown; readonly expected?: Expected },
  ): Promise<RouteChange>;
  /** `not_found` for an unknown one. */
  remove(call: CallContext, name: string, expected?: Expected): Promise<RouteChange>;
  /** Declarations through the API, newest first. */
  history(call: CallContext, name: string, limit: number): Promise<readonly RouteRevision[]>;
  /** Goes back to the revision before, which is a change itself. */
  undo(call: CallContext, name: string, expected?: Expected): Promise<RouteChange>;
}

/** Routes of the settings, and by name where each is written: `millrace.yaml:4:3`. */
export interface WrittenRoutes {
  readonly configs: RoutesOptions;
  readonly places: Readonly<Record<string, string>>;
}
