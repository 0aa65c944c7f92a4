import type { IncomingHttpHeaders } from 'node:http';
import { BlockList, isIP, isIPv4 } from 'node:net';
import { invalidArgument, quoted } from '../core/index.js';

/** Stands for whatever connects to a Unix socket of the server. */
const UNIX = 'unix';
const MAX_BITS = { ipv4: 32, ipv6: 128 } as const;
/** Hops that are looked at: a header may claim thousands. */
const MAX_HOPS = 32;
/** As a path begins that leads nowhere else: no `//`, which would name another host. */
const PREFIX = /^(?:\/[\w.~!$&'()*+,;=:@%-]+)+$/;

/** The proxies that are believed when they say for whom they hand a request on. */
export class TrustedProxies {
  readonly #networks = new BlockList();
  readonly #trustsUnix: boolean;

  /** Addresses, networks (CIDR) and `unix`. Throws `invalid_argument` for the first entry that is none of them. */
  constructor(entries: readonly string[] = []) {
    this.#trustsUnix = entries.includes(UNIX);
    for (const entry of entries) if (entry !== UNIX) this.#add(entry);
  }

  #add(entry: string): void {
    const [address = '', bits, ...more] = entry.split('/');
    const family = familyOf(address);
    const most = family === undefined ? 0 : MAX_BITS[family];
    const prefix = bits === undefined ? most : /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN;
    if (family === undefined || more.length > 0 || !(prefix <= most)) {
      throw invalidArgument(`expected an IP address, a network such as 10.0.0.0/8, or ${UNIX}, got ${quoted(entry)}`);
    }
    this.#networks.addSubnet(address, prefix, family);
  }

  /** Whether the other end of a connection is one of them; '' = it came by a Unix socket. */
  has(address: string): boolean {
    if (address === '') return this.#trustsUnix;
    const family = familyOf(address);
    return family !== undefined && this.#networks.check(address, family);
  }

  /**
   * For whom the proxy at `proxy` hands on a request with these headers: the last address in `X-Forwarded-For` that is no trusted
   * proxy's. Each proxy appends the address from which a request came to it, so that whatever stands before was only claimed.
   */
  clientOf({ 'x-forwarded-for': header = '' }: IncomingHttpHeaders, proxy: string): string {
    const hops = String(header).split(',').slice(-MAX_HOPS);
    let client = proxy;
    for (const hop of hops.toReversed()) {
      const address = addressIn(hop);
      if (address === undefined) break;
      client = address;
      if (!this.has(address)) break;
    }
    return client;
  }
}

/** The path below which a trusted proxy serves this server, from `X-Forwarded-Prefix`; '' = at its root. */
export function forwardedPrefix({ 'x-forwarded-prefix': header = '' }: IncomingHttpHeaders): string {
  const prefix = String(header).replace(/\/$/, '');
  return PREFIX.test(prefix) ? prefix : '';
}

/** The scheme by which the client has reached a trusted proxy, from `X-Forwarded-Proto`; undefined = it does not say. */
export function forwardedScheme({ 'x-forwarded-proto': header }: IncomingHttpHeaders): 'http' | 'https' | undefined {
  return header === 'http' || header === 'https' ? header : undefined;
}

/** The address of an entry, which may have a port: `192.0.2.7:4711`, `[2001:db8::7]:4711`. undefined = it names none (`unknown`). */
function addressIn(entry: string): string | undefined {
  const text = entry.trim();
  const inBrackets = /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1];
  const address = inBrackets ?? (/^[\d.]+:\d+$/.test(text) ? text.slice(0, text.indexOf(':')) : text);
  return isIP(address) === 0 ? undefined : plain(address);
}

/** An IPv4 address that is written as one of IPv6 is the IPv4 address. */
function plain(address: string): string {
  const inner = /^::ffff:([\d.]+)$/i.exec(address)?.[1];
  return inner !== undefined && isIPv4(inner) ? inner : address;
}

function familyOf(address: string): 'ipv4' | 'ipv6' | undefined {
  const version = isIP(address);
  return version === 0 ? undefined : version === 4 ? 'ipv4' : 'ipv6';
}
