import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { isIP } from 'node:net';
import { connect } from 'node:tls';
import type { CertificateInChain } from '../facts.js';
import { describeChain } from './certificates.js';

const TIMEOUT_MS = 10_000;

/** The certificates that a server shows, whether or not they are trusted; none without TLS, and where it shows none in time. */
export async function gatherServedChain(url: URL): Promise<readonly CertificateInChain[]> {
  if (url.protocol !== 'https:') return [];
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const named = isIP(host) === 0 ? { servername: host } : {};
  // Nothing is sent, and whether it is trusted has been decided by the request before.
  const socket = connect({ host, port: Number(url.port || 443), rejectUnauthorized: false, ...named });
  socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error('it does not answer')));
  try {
    await once(socket, 'secureConnect');
    return describeChain(rawChain(socket.getPeerCertificate(true)).map((raw) => new X509Certificate(raw)));
  } catch {
    return [];
  } finally {
    socket.destroy();
  }
}

interface Linked {
  readonly raw?: Buffer;
  readonly issuerCertificate?: Linked;
}

/** The last of a chain is its own issuer. */
function rawChain(leaf: Linked): readonly Buffer[] {
  const chain: Buffer[] = [];
  const seen = new Set<Linked>();
  for (let at: Linked | undefined = leaf; at?.raw !== undefined && !seen.has(at); at = at.issuerCertificate) {
    seen.add(at);
    chain.push(at.raw);
  }
  return chain;
}
