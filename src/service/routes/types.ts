import type { Call } from '../../core/index.js';
import type { Route, RouteConfig } from '../../routing/index.js';
import type { RouteOwner } from './owned-routes.js';

/** The routes of the settings. */
export interface FileRoutes {
  readonly routes: readonly Route[];
  /** Where a route is declared: `millrace.yaml:4:3`; '' where that is not known. */
  readonly placeOf: (name: string) => string;
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
}

/** The use cases about routes: looking needs the scope `observe`. */
export interface RouteUseCases {
  /** Of every owner, by name. */
  list(call: Call): readonly DeclaredRoute[];
  /** The one in force. `not_found` for an unknown one. */
  get(call: Call, name: string): DeclaredRoute;
}
