import dns, { type LookupAddress, type LookupOptions } from 'node:dns';
import ipaddr from 'ipaddr.js';

/** What is handed out of IPv6 for the public internet. */
const GLOBAL_UNICAST = ipaddr.parseCIDR('2000::/3');
/** Behind it is an IPv4 address, which NAT64 goes to. */
const NAT64 = ipaddr.parseCIDR('64:ff9b::/96');

/** Whether an IP address (without brackets) is another than one of the public internet; true for what is no address. */
export function isInternalAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return true;
  const inner = withinIPv4(ipaddr.process(address));
  // Deprecated tunnels are ranges of their own, as they may lead anywhere.
  return inner.range() !== 'unicast' || (inner.kind() === 'ipv6' && !inner.match(GLOBAL_UNICAST));
}

/** The IPv4 address that NAT64 would go to. */
function withinIPv4(address: ipaddr.IPv4 | ipaddr.IPv6): ipaddr.IPv4 | ipaddr.IPv6 {
  if (address.kind() !== 'ipv6' || !address.match(NAT64)) return address;
  return ipaddr.fromByteArray(address.toByteArray().slice(-4));
}

/** A connection that would have led to an internal address. */
export class InternalAddressError extends Error {
  constructor(host: string, address: string) {
    super(host === address ? `${host} is an internal address` : `${host} has the internal address ${address}`);
  }
}

type LookupCallback = (error: Error | null, address: string | LookupAddress[], family?: number) => void;

/** How addresses are looked up; tests put their own in its place. */
export type Resolve = typeof dns.lookup;

/**
 * `dns.lookup` that fails with {@link InternalAddressError} where a name has any internal address. What it returns is what is
 * connected to: there is no second look-up that could say something else.
 */
export function publicLookup(resolve: Resolve = dns.lookup) {
  return (host: string, options: LookupOptions, callback: LookupCallback): void => {
    resolve(host, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, []);
      const internal = addresses.find(({ address }) => isInternalAddress(address));
      if (internal !== undefined) return callback(new InternalAddressError(host, internal.address), []);
      const [first] = addresses;
      if (options.all === true || first === undefined) return callback(null, addresses);
      callback(null, first.address, first.family);
    });
  };
}
