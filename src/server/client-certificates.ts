import { X509Certificate } from 'node:crypto';
import type { Server, Socket } from 'node:net';
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls';
import { type EventBus, MillraceError } from '../core/index.js';
import { type ClientCertificate, readCertificate } from '../governance/index.js';
import type { ServerOptions } from './options.js';

/** Whoever shows wrong certificates does not fill the log as well. */
const WARNING_INTERVAL_MS = 10_000;

interface Admitted {
  readonly certificate: ClientCertificate;
  /** SHA-256 of what it follows from, its authority among them. */
  readonly issuers: readonly string[];
}

/** The clients that have shown a certificate, by their connections. */
export class ClientCertificates {
  readonly #isRequired: boolean;
  readonly #events: EventBus;
  readonly #now: () => number;
  readonly #admitted = new Map<Socket, Admitted>();
  /** SHA-256 of the authorities, once others have taken the place of the first. */
  #trusted: ReadonlySet<string> | undefined;
  #nextWarningAt = 0;

  constructor(
    mode: Exclude<ServerOptions['tls']['clientCertificates'], 'none'>,
    { events, now }: { readonly events: EventBus; readonly now: () => number },
  ) {
    this.#isRequired = mode === 'required';
    this.#events = events;
    this.#now = now;
  }

  /** For Node's servers: asks for a certificate. Whether it is right is said by {@link guard}, where it may be missing. */
  get handshake() {
    return { requestCert: true, rejectUnauthorized: this.#isRequired } as const;
  }

  /** Keeps from a server with TLS, whose listeners are all there, the connections of clients whose certificate is not right. */
  guard(server: Server): void {
    const listeners = server.listeners('secureConnection');
    server.removeAllListeners('secureConnection');
    server.on('secureConnection', (socket: TLSSocket) => {
      if (!this.#admit(socket)) return;
      for (const listener of listeners) listener.call(server, socket);
    });
  }

  /** What the client of a connection has shown. */
  of(socket: Socket): ClientCertificate | undefined {
    return this.#admitted.get(socket)?.certificate;
  }

  /** Trusts these authorities (PEM) from now on; connections of clients whose certificates follow from none of them end. */
  trust(ca: Buffer): void {
    this.#trusted = new Set(readAuthorities(ca).map(({ fingerprint256 }) => fingerprint256));
    for (const [socket, { issuers }] of this.#admitted) if (!this.#trusts(issuers)) socket.destroy();
  }

  #trusts(issuers: readonly string[]): boolean {
    const trusted = this.#trusted;
    return trusted === undefined || issuers.some((issuer) => trusted.has(issuer));
  }

  #admit(socket: TLSSocket): boolean {
    const certificate = socket.getPeerX509Certificate();
    if (certificate === undefined && !this.#isRequired) return true;
    if (certificate !== undefined && socket.authorized) {
      const issuers = issuersOf(socket.getPeerCertificate(true));
      // A handshake may have begun, or a session been opened, under authorities that have been replaced since.
      if (this.#trusts(issuers)) {
        this.#admitted.set(socket, { certificate: readCertificate(certificate), issuers });
        socket.once('close', () => this.#admitted.delete(socket));
        return true;
      }
    }
    this.#warn(`a client certificate was refused: ${socket.authorizationError ?? 'its authority is not trusted'}`);
    socket.on('error', () => undefined);
    socket.destroy();
    return false;
  }

  #warn(message: string): void {
    const now = this.#now();
    if (now < this.#nextWarningAt) return;
    this.#nextWarningAt = now + WARNING_INTERVAL_MS;
    this.#events.publish('diagnostic', { level: 'warn', room: 'server', message });
  }
}

/** The certificates of a PEM file. Throws `failed_precondition` where it has none, or one that cannot be read. */
export function readAuthorities(ca: Buffer): readonly X509Certificate[] {
  const found = certificatesOrFault(ca);
  if (found.length > 0) return found;
  throw new MillraceError('failed_precondition', '`server.tls.clientCaFile` holds no PEM certificate');
}

function certificatesOrFault(ca: Buffer): readonly X509Certificate[] {
  try {
    return certificatesIn(ca.toString('latin1'));
  } catch (error) {
    throw new MillraceError(
      'failed_precondition',
      `\`server.tls.clientCaFile\` holds a certificate that cannot be read: ${(error as Error).message}`,
    );
  }
}

/** From the client's own certificate up to the authority, which is its own issuer. */
function issuersOf(leaf: DetailedPeerCertificate): readonly string[] {
  const prints: string[] = [];
  let current: DetailedPeerCertificate | undefined = leaf.issuerCertificate;
  while (current !== undefined && !prints.includes(current.fingerprint256)) {
    prints.push(current.fingerprint256);
    current = current.issuerCertificate;
  }
  return prints;
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** The certificates in a PEM text, in their order; what else is in it is left out. Throws what OpenSSL says where one cannot be read. */
export function certificatesIn(pem: string): readonly X509Certificate[] {
  return (pem.match(CERTIFICATE) ?? []).map((text) => new X509Certificate(text));
}
