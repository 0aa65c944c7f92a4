import type { IncomingHttpHeaders } from 'node:http';
import type { HostGuard } from '../host-guard.js';
import { HttpError } from '../http-error.js';
import type { ServerOptions } from '../options.js';

const ALLOWED_METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS';
const ALLOWED_HEADERS =
  'anthropic-beta, anthropic-version, api-key, authorization, content-type, content-encoding, inference-header-content-length, traceparent, tracestate, ' +
  'x-api-key, x-request-id, x-request-timeout-ms';
const EXPOSED_HEADERS =
  'anthropic-ratelimit-requests-limit, anthropic-ratelimit-requests-remaining, anthropic-ratelimit-requests-reset, ' +
  'anthropic-ratelimit-tokens-limit, anthropic-ratelimit-tokens-remaining, anthropic-ratelimit-tokens-reset, ' +
  'inference-header-content-length, ratelimit, ratelimit-policy, request-id, retry-after, retry-after-ms, server-timing, traceparent, ' +
  'www-authenticate, x-millrace-arm, x-millrace-error, x-millrace-ignored, x-millrace-model, x-millrace-not-run, x-millrace-route, x-ratelimit-limit-requests, ' +
  'x-ratelimit-limit-tokens, x-ratelimit-remaining-requests, x-ratelimit-remaining-tokens, x-ratelimit-reset-requests, ' +
  'x-ratelimit-reset-tokens, x-request-id, x-should-retry';

/** Flat names and values, as `writeHead` takes them. */
export type FlatHeaders = readonly string[];

export const NO_HEADERS: FlatHeaders = [];

/** By what a page that this server seems to have served itself is known. */
interface OriginTrust {
  readonly hosts: HostGuard;
  readonly requiresKey: boolean;
}

/**
 * Which web pages may call: those that this server itself served, and the configured origins. Everything else that a
 * browser sends on behalf of a page is refused (CSRF); what is no browser sends neither header and passes. Where no key says
 * who calls, an origin that equals the `Host` proves something only if nobody can have pointed that name here (DNS rebinding).
 */
export class OriginGuard {
  readonly #origins: ReadonlySet<string>;
  readonly #any: boolean;
  readonly #maxAgeS: number;
  readonly #trusts: (host: string | undefined) => boolean;

  constructor(options: ServerOptions['cors'], { hosts, requiresKey }: OriginTrust) {
    this.#origins = new Set(options.origins.map((origin) => origin.toLowerCase().replace(/\/$/, '')));
    this.#any = options.origins.includes('*');
    this.#maxAgeS = options.maxAgeS;
    this.#trusts = (host) => requiresKey || hosts.isTrusted(host);
  }

  /** CORS headers for the answer; throws 403 when the request comes from a page that may not call. */
  check(method: string, headers: IncomingHttpHeaders): FlatHeaders {
    const origin = headers.origin;
    if (origin === undefined) {
      this.#checkFetchSite(method, headers);
      return this.#origins.size > 0 && !this.#any ? ['vary', 'origin'] : NO_HEADERS;
    }
    if (this.#any) return ['access-control-allow-origin', '*', 'access-control-expose-headers', EXPOSED_HEADERS];
    if (this.#origins.has(origin.toLowerCase())) {
      return [
        'access-control-allow-origin',
        origin,
        'access-control-expose-headers',
        EXPOSED_HEADERS,
        'vary',
        'origin',
      ];
    }
    if (isSameOrigin(origin, headers.host)) {
      if (this.#trusts(headers.host)) return NO_HEADERS;
      throw new HttpError(
        403,
        `pages of origin '${origin}' may not call this server: it has no keys, and anybody can point a name at it. ` +
          'Add the name to `server.allowedHosts` if it is meant to be one of its own',
      );
    }
    throw new HttpError(
      403,
      `pages of origin '${origin}' may not call this server: it is not in \`server.cors.origins\``,
    );
  }

  /** The headers that answer an OPTIONS request which {@link check} has let pass; undefined when it is no preflight. */
  preflight(headers: IncomingHttpHeaders): Readonly<Record<string, string>> | undefined {
    if (headers.origin === undefined || headers['access-control-request-method'] === undefined) return undefined;
    return {
      'access-control-allow-methods': ALLOWED_METHODS,
      'access-control-allow-headers': ALLOWED_HEADERS,
      'access-control-max-age': String(this.#maxAgeS),
      ...(headers['access-control-request-private-network'] === 'true' && {
        'access-control-allow-private-network': 'true',
      }),
    };
  }

  #checkFetchSite(method: string, headers: IncomingHttpHeaders): void {
    const site = headers['sec-fetch-site'];
    if (site === undefined || site === 'same-origin' || site === 'none' || this.#any) return;
    // Following a link from another page, to the documentation say, changes nothing here.
    const navigation = headers['sec-fetch-mode'] === 'navigate' && (method === 'GET' || method === 'HEAD');
    if (navigation) return;
    throw new HttpError(403, `a page of another site may not call this server (sec-fetch-site: ${String(site)})`);
  }
}

function isSameOrigin(origin: string, host: string | undefined): boolean {
  if (host === undefined) return false;
  const separator = origin.indexOf('://');
  return separator > 0 && origin.slice(separator + 3).toLowerCase() === host.toLowerCase();
}
