import { type Access, checkAccess, expandActions } from '../governance/index.js';
import { formatPath } from '../text/index.js';
import { placed } from './layer.js';
import type { Settings } from './schema.js';

/** Where the key at a path of the settings is written: `millrace.yaml:4:3`; '' where that is not known. */
export type Locate = (path: readonly string[]) => string;

/** What is wrong with roles and bindings, with where it is written. */
export function checkAuth(auth: Settings['auth'], locate: Locate): readonly string[] {
  return checkAccess(auth).map(({ path, message }) => {
    const full = ['auth', ...path];
    return placed(locate(full), `${formatPath(full)}: ${message}`);
  });
}

const places = new WeakMap<Settings['auth'], Locate>();

/** For {@link accessOf}. */
export function notePlaces(auth: Settings['auth'], locate: Locate): void {
  places.set(auth, locate);
}

/** Roles and bindings as access is decided by them. */
export function accessOf(auth: Settings['auth']): Access {
  const locate = places.get(auth);
  const roles = Object.fromEntries(Object.entries(auth.roles).map(([name, actions]) => [name, expandActions(actions)]));
  const bindings = auth.bindings.map((binding, index) => {
    const place = locate?.(['auth', 'bindings', String(index)]) || `auth.bindings[${index}]`;
    return { ...binding, place };
  });
  return { roles, bindings };
}
