import { isIP } from 'node:net';
import { HttpError } from './http-error.js';
import type { ServerOptions } from './options.js';

const MAX_PORT = 65_535;
const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '::1'];

/**
 * The name in a `Host` header without its port, lower case, IPv6 without brackets; undefined when it is none, or the port is.
 */
export function hostName(header: string): string | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^\s/?#@:[\]]+))(?::(\d{1,5}))?$/i.exec(header);
  if (Number(match?.[3] ?? 0) > MAX_PORT) return undefined;
  return (match?.[1] ?? match?.[2])?.toLowerCase().replace(/\.$/, '');
}

/** Whether a name, as {@link hostName} gives it, can only mean the machine on which it is used. */
export function isLoopbackName(name: string | undefined): boolean {
  if (name === undefined) return false;
  return LOOPBACK_NAMES.includes(name) || name.endsWith('.localhost') || /^127(\.\d+){3}$/.test(name);
}

/**
 * Refuses requests that a web page has been tricked into sending to a server on its reader's own machine: one that was
 * resolved by a foreign name (DNS rebinding). 421 as RFC 9110 §15.5.20 has it.
 */
export class HostGuard {
  readonly #allowed: ReadonlySet<string>;
  readonly #any: boolean;
  /** The header that passed last: clients repeat themselves, and comparing is all that the hot path can afford. */
  #lastPassed: string | undefined;

  constructor(options: Pick<ServerOptions, 'host' | 'allowedHosts'>) {
    this.#allowed = new Set([options.host, ...options.allowedHosts].map((name) => name.toLowerCase()));
    this.#any = options.allowedHosts.includes('*');
  }

  /** Throws 421 unless `header` names this machine; a missing one (HTTP/1.0) is no browser's. */
  check(header: string | undefined): void {
    if (header === this.#lastPassed || header === undefined || this.#any) return;
    if (!this.#isAllowed(hostName(header))) {
      throw new HttpError(
        421,
        `host '${header}' is not served here: a server on a loopback address answers to localhost and 127.0.0.1 only. ` +
          'Add the name to `server.allowedHosts` if it is meant to',
      );
    }
    this.#lastPassed = header;
  }

  /** Whether `header` says where a page came from: not a name that anybody could have pointed here. */
  isTrusted(header: string | undefined): boolean {
    if (this.#any) return true;
    const name = header === undefined ? undefined : hostName(header);
    return name !== undefined && (isIP(name) !== 0 || this.#isAllowed(name));
  }

  #isAllowed(name: string | undefined): boolean {
    return name !== undefined && (this.#allowed.has(name) || isLoopbackName(name));
  }
}
