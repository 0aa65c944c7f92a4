import type { CallOrigin } from '../../core/index.js';
import type { ClientCertificate } from '../../governance/index.js';
import type { TrustedProxies } from '../trusted-proxies.js';

/** An exchange that is open, as its link sees it. */
export interface PendingExchange {
  /** `complete` = all of it has arrived. */
  readonly req: { readonly complete: boolean };
  /** Its answer comes bit by bit, and has begun. */
  readonly streaming: boolean;
  /** Its body is read chunk by chunk, and may take long. Default: false. */
  readonly isReceiving?: boolean;
  /** The client is gone; nobody reads the answer. */
  onClientGone(): void;
  fail(error: unknown): void;
  /** Writes something that changes nothing, where its answer allows it: a client that is gone refuses it. */
  probe(): void;
}

/** How requests of a client arrive: over a connection, or from the program that embeds the server. */
export interface Link {
  /** The other end of the connection; requests from a trusted proxy come from the client that it names. */
  readonly from: CallOrigin;
  /** Defined where the other end is a trusted proxy. */
  readonly proxies: TrustedProxies | undefined;
  /** The client uses a loopback address of this machine. */
  readonly viaLoopback: boolean;
  /** The client is on this machine: it came by a Unix socket or from a loopback address, and is no trusted proxy. */
  readonly fromHere: boolean;
  /** The program that embeds the server hands the requests over. Default: false. */
  readonly isHandedOver?: boolean;
  /** What its client has shown. */
  readonly certificate: ClientCertificate | undefined;
  /** Nothing more is read from it: what comes next is garbage. */
  closing: boolean;
  /** An answer has said that it is the last. */
  hasSaidClose: boolean;
  /** Behind the last open exchange it is said what was wrong with what came after it. */
  hasFarewell: boolean;
  /** Its client takes nothing of what is written for too long, and is cut off. */
  isStalled: boolean;
  add(exchange: PendingExchange): void;
  remove(exchange: PendingExchange): void;
  /** Whether the answer of this exchange is the last that is written. */
  isNewest(exchange: PendingExchange): boolean;
  /** How a client that calls the server `host` has reached it, e.g. `http://localhost:8000`. */
  originFor(host: string | undefined): string;
}
