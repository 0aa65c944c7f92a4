import type { IncomingHttpHeaders } from 'node:http';
import { MillraceError } from '../core/index.js';

/** The headers of a request, or the metadata of a call. */
export interface CredentialCarrier {
  readonly headers: IncomingHttpHeaders;
  /** As they came, each name before its value. */
  readonly rawHeaders: readonly string[];
  /** Whatever has read them refuses headers that come twice. */
  readonly comesOnce?: true;
}

const BEARER = 'Bearer ';
const KEY_IN_QUERY = /[?&](?:(?:x-)?api[-_]?key|key|access[-_]token|authorization)=|[=]mr_[0-9A-Za-z]+_/i;

/**
 * The credential of a request as an `Authorization` header: that header, or one of `names`, which hold the key alone. `unauthenticated`
 * where there are several that differ, or one of the headers came twice: who reads the first and who the last must not matter.
 */
export function credentialOf(carrier: CredentialCarrier, names: readonly string[] = []): string | undefined {
  const { headers, rawHeaders, comesOnce } = carrier;
  if (comesOnce !== true) checkOnce(rawHeaders, names);
  let found = headers.authorization;
  for (const name of names) {
    const key = headers[name];
    if (key === undefined) continue;
    if (typeof key !== 'string' || !/^\S+$/.test(key)) {
      throw refusal(`the header '${name}' must hold the key and nothing else`);
    }
    if (found !== undefined && withoutScheme(found) !== key) {
      throw refusal(`the request has credentials that differ, one of them in the header '${name}': send one`);
    }
    found ??= BEARER + key;
  }
  return found;
}

/** Throws `unauthenticated` for a URL with a key in it: proxies, browsers and logs keep URLs. */
export function refuseKeyInUrl(url: string): void {
  const query = url.indexOf('?');
  if (query < 0 || !KEY_IN_QUERY.test(url.slice(query))) return;
  throw refusal(
    'a key must not be part of a URL, which proxies and logs keep: send it as `Authorization: Bearer <key>`, and replace the one that was sent',
  );
}

function checkOnce(rawHeaders: readonly string[], names: readonly string[]): void {
  const seen = new Set<string>();
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] as string).toLowerCase();
    if (name !== 'authorization' && !names.includes(name)) continue;
    if (seen.has(name)) throw refusal(`the header '${name}' came twice: send one credential`);
    seen.add(name);
  }
}

function withoutScheme(authorization: string): string {
  return authorization.replace(/^bearer +/i, '').trimEnd();
}

function refusal(message: string): MillraceError {
  return new MillraceError('unauthenticated', message);
}
