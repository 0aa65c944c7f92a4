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

/** Whether every caller needs a key, a token or a certificate: the settings name some, or require one. */
export function requiresCredential({ auth, server }: Pick<Settings, 'auth' | 'server'>): boolean {
  return auth.required || auth.keys.length > 0 || auth.issuers.length > 0 || server.tls.clientCertificates !== 'none';
}

type Deciding = Pick<Settings, 'auth' | 'server' | 'repository'>;

/** The problem of a server that runs as root and whose models every user of its machine controls; undefined = it is not such a server. */
export function describeLocalControl(settings: Deciding, uid: number | undefined): string | undefined {
  if (uid !== 0 || settings.repository.controlMode !== 'explicit' || requiresCredential(settings)) return undefined;
  return 'the server runs as root, and without keys every user of this machine loads and unloads its models in explicit mode: run it as another user, or set auth.required';
}
