import { isLoopback, MillraceError } from '../core/index.js';

/**
 * Whether requests that come by loopback have to name this machine: always where the server is bound to loopback, and
 * elsewhere as long as no key keeps a rebound page out.
 */
export function checksHosts(host: string, requiresKey: boolean): boolean {
  return isLoopback(host) || !requiresKey;
}

/**
 * Refuses to be open to the network without knowing who calls: throws `failed_precondition` when `host` is not
 * loopback, there is no key, and nobody has allowed it.
 */
export function checkBind(host: string, auth: { readonly hasKeys: boolean; readonly allowAnonymous: boolean }): void {
  if (isLoopback(host) || auth.hasKeys || auth.allowAnonymous) return;
  throw new MillraceError(
    'failed_precondition',
    `refusing to listen on ${host}: it is reachable from other machines and no key is configured. ` +
      'Add a key under `auth.keys`, listen on 127.0.0.1, or allow everybody with `auth.allowAnonymous` (--allow-anonymous)',
  );
}
