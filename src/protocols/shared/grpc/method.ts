import type { Call } from '../../../core/index.js';

/** A message as the pieces of its protobuf encoding, in order; written one after the other without being joined. */
export type GrpcMessage = readonly Uint8Array[];

/** Request metadata by lower-case name; several values of one name joined by `, `. */
export type GrpcMetadata = Readonly<Record<string, string | string[] | undefined>>;

interface GrpcMethodBase {
  /** `/package.Service/Method`. */
  readonly path: string;
  /** `public` methods need no key, and are answered while the server drains; the others are refused then. */
  readonly access: 'public' | 'key';
  /** Changes the server: refused on the gRPC port where control has a port of its own. */
  readonly control: boolean;
  /** Takes messages as large as the server takes any, tensors or files; others are small. Default: false. */
  readonly largeMessages?: boolean;
}

/**
 * One request message, one answer. The message is complete, within limits, decompressed, and its buffer is the handler's
 * to keep. Throws or rejects with MillraceError.
 */
export interface UnaryMethod extends GrpcMethodBase {
  readonly kind: 'unary';
  /** It runs a model: quotas count it before its message has come. Default: false. */
  readonly inference?: boolean;
  readonly handle: (call: Call, message: Uint8Array, metadata: GrpcMetadata) => GrpcMessage | Promise<GrpcMessage>;
}

/** Messages both ways, or from the server only. */
export interface StreamMethod extends GrpcMethodBase {
  readonly kind: 'stream';
  /**
   * Streams of a kind that stay open without inferring: 64 of a server may be open at a time, each for an hour, and none holds up
   * a shutdown. Default: false.
   */
  readonly sideline?: boolean;
  /** Opened before the first message; what it returns receives everything that comes. May throw MillraceError. */
  readonly open: (stream: GrpcStream) => GrpcStreamHandler;
}

export type GrpcMethod = UnaryMethod | StreamMethod;

/** What a streaming method is handed. */
export interface GrpcStream {
  /** What the client sent when it opened the stream. */
  readonly metadata: GrpcMetadata;
  /** Opens the call of one message, with the stream's principal, trace and deadline; cancelled when the stream breaks. */
  openCall(): Call;
  /** That call has ended: it is watched over no longer. */
  closeCall(call: Call): void;
  /** Sends a message. False = the client reads slowly: nothing more should be sent before {@link GrpcStream.drained}. */
  send(message: GrpcMessage): boolean;
  /** Resolves when there is room again, or the stream is gone. */
  drained(): Promise<void>;
  /** Ends the stream with status OK, or with an error's. Calls that are still open are cancelled. */
  end(error?: unknown): void;
}

/** Receives what comes over a stream; none of these may throw. */
export interface GrpcStreamHandler {
  /** One message. While a returned promise is pending, no further message is read: back-pressure for the client. */
  onMessage(message: Uint8Array): void | Promise<void>;
  /** The client sends no more (half-close); the stream stays open until `end`. */
  onHalfClose(): void;
  /** The stream is broken (reset, deadline, shutdown); its calls are cancelled. */
  onBroken(): void;
}
