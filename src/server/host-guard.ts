import { HttpError } from './http-error.js';
import type { ServerOptions } from './options.js';

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '::1'];

/**
 * The name in a `Host` header without its port, lower case, IPv6 without brackets; undefined when it is none.
 */
export function hostName(header: string): string | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^\s/?#@:[\]]+))(?::\d{1,5})?$/i.exec(header);
  return (match?.[1] ?? match?.[2])?.toLowerCase().replace(/\.$/, '');
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
    this.#allowed = new Set(
      [...LOOPBACK_NAMES, options.host, ...options.allowedHosts].map((name) => name.toLowerCase()),
    );
    this.#any = options.allowedHosts.includes('*');
  }

  /** Throws 421 unless `header` names this machine; a missing one (HTTP/1.0) is no browser's. */
  check(header: string | undefined): void {
    if (header === this.#lastPassed || header === undefined || this.#any) return;
    const name = hostName(header);
    if (
      name === undefined ||
      !(this.#allowed.has(name) || name.endsWith('.localhost') || /^127(\.\d+){3}$/.test(name))
    ) {
      throw new HttpError(
        421,
        `host '${header}' is not served here: a server on a loopback address answers to localhost and 127.0.0.1 only. ` +
          'Add the name to `server.allowedHosts` if it is meant to',
      );
    }
    this.#lastPassed = header;
  }
}
