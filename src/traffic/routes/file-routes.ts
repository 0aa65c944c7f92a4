import { createRoutes, type Route } from '../../routing/index.js';
import type { WrittenFileRoutes } from './types.js';

/** The routes of the settings that are in force. */
export class FileRoutes {
  /** Checks routes like those of the settings, and completes them with defaults. */
  readonly read: WrittenFileRoutes['read'];
  #placeOf: WrittenFileRoutes['placeOf'];
  #routes: readonly Route[];

  /** The settings have been checked. */
  constructor({ configs, placeOf, read }: WrittenFileRoutes) {
    this.read = read;
    this.#placeOf = placeOf;
    this.#routes = createRoutes(configs).routes;
  }

  get routes(): readonly Route[] {
    return this.#routes;
  }

  /** Where a route is declared: `millrace.yaml:4:3`; '' where that is not known. */
  placeOf(name: string): string {
    return this.#placeOf(name);
  }

  replace(routes: readonly Route[], placeOf: WrittenFileRoutes['placeOf']): void {
    this.#routes = routes;
    this.#placeOf = placeOf;
  }
}
