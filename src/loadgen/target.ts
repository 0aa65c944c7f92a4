import { invalidArgument } from '../core/index.js';

/** Where a load goes: one host and port, reached directly. */
export interface Target {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  /** Value of the `Host` header. */
  readonly authority: string;
}

/** `http://host:port` or `https://host:port` as a target; the path of the URL is not part of it. */
export function parseTarget(url: string): Target {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || (parsed.protocol !== 'http:' && parsed.protocol !== 'https:')) {
    throw invalidArgument(`target: expected an http:// or https:// URL, got '${url}'`);
  }
  const tls = parsed.protocol === 'https:';
  return {
    host: parsed.hostname.replace(/^\[|\]$/g, ''),
    port: parsed.port === '' ? (tls ? 443 : 80) : Number(parsed.port),
    tls,
    authority: parsed.host,
  };
}
