import type { ClientCertificate } from './certificates/client-certificate.js';

/** Where a request came from. */
export interface Peer {
  /** IP address; '' for a Unix socket. */
  readonly address: string;
  /** What its client has shown in the TLS handshake. */
  readonly certificate?: ClientCertificate | undefined;
  /** The program that embeds the server hands its requests over. Default: false. */
  readonly isHandedOver?: boolean;
  /** Sent on this machine, by loopback or a Unix socket, and handed on by no proxy that says so. */
  isLocal(): boolean;
}
