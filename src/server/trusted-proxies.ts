import type { IncomingHttpHeaders } from 'node:http';
import { BlockList, isIP, isIPv4 } from 'node:net';
import { invalidArgument, quoted } from '../core/index.js';

/** Stands for every program that connects to a Unix socket of the server. */
const UNIX = 'unix';
/** An address, or a network as CIDR writes it. */
const ENTRY = /^([^/]+)(?:\/(\d{1,3}))?$/;
const MAX_BITS = { ipv4: 32, ipv6: 128 } as const;
/** A header may list thousands of hops; only the last ones are read. */
const MAX_HOPS = 32;
/** A path on the same host: not `//`, which would name another host. */
const PREFIX = /^(?:\/[\w.~!$&'()*+,;=:@%-]+)+$/;

/** The proxies whose `X-Forwarded-For` names the client of a request. */
export class TrustedProxies {
  readonly #networks = new BlockList();
  readonly #trustsUnix: boolean;

  /** Addresses, networks (CIDR) and `unix`. Throws `invalid_argument` for the first entry that is none of them. */
  constructor(entries: readonly string[] = []) {
    this.#trustsUnix = entries.includes(UNIX);
    for (const entry of entries) if (entry !== UNIX) this.#add(entry);
  }

  #add(entry: string): void {
    const [, address = '', bits] = ENTRY.exec(entry) ?? [];
    const family = familyOf(address);
    const prefix = bits === undefined ? undefined : Number(bits);
    if (family === undefined || (prefix ?? 0) > MAX_BITS[family]) {
      throw invalidArgument(`expected an IP address, a network such as 10.0.0.0/8, or ${UNIX}, got ${quoted(entry)}`);
    }
    this.#networks.addSubnet(address, prefix ?? MAX_BITS[family], family);
  }

  /** Whether the other end of a connection is one of them; '' = it came by a Unix socket. */
  has(address: string): boolean {
    if (address === '') return this.#trustsUnix;
    const family = familyOf(address);
    return family !== undefined && this.#networks.check(address, family);
  }

  /**
   * The client of a request with these headers that came from the proxy at `proxy`: the last address in `X-Forwarded-For` that is not a
   * trusted proxy's. Each proxy appends the address from which it got the request, so the client itself may have written the entries before.
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

/** The path below which a trusted proxy exposes this server, from `X-Forwarded-Prefix`; '' = at its root. */
export function forwardedPrefix({ 'x-forwarded-prefix': header = '' }: IncomingHttpHeaders): string {
  const prefix = String(header).replace(/\/$/, '');
  return PREFIX.test(prefix) ? prefix : '';
}

/** The scheme of the client's request to a trusted proxy, from `X-Forwarded-Proto`; undefined = not given, or neither http nor https. */
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
