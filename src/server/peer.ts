import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import { type CallOrigin, isLoopback } from '../core/index.js';
import type { ClientCertificate, Peer } from '../governance/index.js';
import { isAtInheritedFile } from './endpoint.js';
import { hostName, isLoopbackName } from './host-guard.js';
import type { TrustedProxies } from './trusted-proxies.js';

/** What proxies add to a request that they hand on. */
const PROXY_HEADERS = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip'] as const;

/**
 * Whether the client at the other end is on this machine. A client that has hung up has no address any more: it is told from
 * one at a Unix socket by what the server listens on.
 */
export function isFromHere(socket: Socket): boolean {
  const { remoteAddress } = socket;
  if (remoteAddress !== undefined) return isLoopback(remoteAddress);
  const { server } = socket as { readonly server?: { address?(): unknown } };
  return server !== undefined && (typeof server.address?.() === 'string' || isAtInheritedFile(server));
}

/** Where a request with these headers came from, over a connection or through the trusted proxy at its other end. */
export function callOrigin(
  { from, proxies }: { readonly from: CallOrigin; readonly proxies: TrustedProxies | undefined },
  headers: IncomingHttpHeaders,
): CallOrigin {
  if (proxies === undefined) return from;
  return { ...from, remoteAddress: proxies.clientOf(headers, from.remoteAddress) };
}

/** Who sent a request with these headers over a connection. `host` is what the client takes the server for. */
export function createPeer(
  connection: {
    readonly fromHere: boolean;
    readonly certificate?: ClientCertificate | undefined;
    readonly isHandedOver?: boolean;
  },
  { remoteAddress }: CallOrigin,
  { headers, host = headers.host }: { readonly headers: IncomingHttpHeaders; readonly host?: string | undefined },
): Peer {
  const { fromHere, certificate, isHandedOver = false } = connection;
  return {
    address: remoteAddress,
    certificate,
    isHandedOver,
    isLocal: () =>
      fromHere && (remoteAddress === '' || host === undefined || isLoopbackHost(host)) && !isHandedOn(headers),
  };
}

// Clients repeat themselves. The results depend on the texts alone, so servers of one process may share them.
let lastHost = '';
let lastIsLoopback = false;

function isLoopbackHost(host: string): boolean {
  if (host === lastHost) return lastIsLoopback;
  lastIsLoopback = isLoopbackName(hostName(host));
  lastHost = host;
  return lastIsLoopback;
}

/** The last frozen headers without a proxy's: the fast path has the same object for all requests that begin alike. */
let lastDirect: IncomingHttpHeaders | undefined;

/** A proxy says that it has handed the request on. */
function isHandedOn(headers: IncomingHttpHeaders): boolean {
  if (headers === lastDirect) return false;
  for (const name of PROXY_HEADERS) if (headers[name] !== undefined) return true;
  if (Object.isFrozen(headers)) lastDirect = headers;
  return false;
}

/** How a client reached the server that it calls `host`, e.g. `http://localhost:8000`. */
export function originOf(socket: Socket, host: string | undefined): string {
  const scheme = 'encrypted' in socket && socket.encrypted === true ? 'https' : 'http';
  return `${scheme}://${host ?? placeOf(socket)}`;
}

/** Of a client of HTTP/1.0, which need not say what it takes the server for. */
function placeOf({ localAddress, localPort }: Socket): string {
  if (localAddress === undefined) return 'localhost';
  return `${localAddress.includes(':') ? `[${localAddress}]` : localAddress}:${localPort}`;
}
