import { MillraceError } from '../core/index.js';

/** True for addresses and names that only this machine can reach: 127.0.0.0/8, ::1, localhost. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase();
  return (
    name === 'localhost' ||
    name === '::1' ||
    name === '[::1]' ||
    /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(name) ||
    // A dual-stack socket shows IPv4 peers in this form.
    /^::ffff:127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(name)
  );
}

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
