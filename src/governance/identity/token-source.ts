import type { Principal } from '../../core/index.js';
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

/** Recognises bearer tokens of one kind. */
export interface TokenSource {
  /** Whether a token has the form of this kind. Of several sources, the first that says so decides. */
  takes(token: string): boolean;
  /** Whose it is; undefined = nobody's, which counts as a failed attempt. Throws `unauthenticated` with a message of its own. */
  principalOf(token: string, peer: Peer): Principal | undefined | Promise<Principal | undefined>;
}
