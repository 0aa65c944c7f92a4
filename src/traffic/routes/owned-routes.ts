import type { Route } from '../../routing/index.js';

/** The owner of a route: the settings, the API, or a rollout. Among routes of one name, the first of these counts. */
export const ROUTE_OWNERS = ['file', 'api', 'rollout'] as const;
export type RouteOwner = (typeof ROUTE_OWNERS)[number];

/** A route and whose it is. */
export interface OwnedRoute {
  readonly owner: RouteOwner;
  readonly route: Route;
  /** False where a route of the same name comes first. */
  readonly isInForce: boolean;
}

/** Routes by owner and name, and which of a name is in force. */
export class OwnedRoutes {
  readonly #byOwner: Record<RouteOwner, ReadonlyMap<string, Route>> = {
    file: new Map(),
    api: new Map(),
    rollout: new Map(),
  };
  #inForce: ReadonlyMap<string, Route> = new Map();

  /** Replaces all routes of the owner. */
  replace(owner: RouteOwner, routes: readonly Route[]): void {
    this.#byOwner[owner] = new Map(routes.map((route) => [route.name, route]));
    const inForce = new Map<string, Route>();
    for (const each of ROUTE_OWNERS.toReversed()) {
      for (const [name, route] of this.#byOwner[each]) inForce.set(name, route);
    }
    this.#inForce = inForce;
  }

  get(name: string): Route | undefined {
    return this.#inForce.get(name);
  }

  /** Owners of a route of the name, the effective one first. */
  ownersOf(name: string): readonly RouteOwner[] {
    return ROUTE_OWNERS.filter((owner) => this.#byOwner[owner].has(name));
  }

  inForce(): readonly Route[] {
    return [...this.#inForce.values()];
  }

  all(): readonly OwnedRoute[] {
    return ROUTE_OWNERS.flatMap((owner) =>
      [...this.#byOwner[owner].values()].map((route) => ({
        owner,
        route,
        isInForce: this.#inForce.get(route.name) === route,
      })),
    );
  }
}
