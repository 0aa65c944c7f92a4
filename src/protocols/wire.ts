/**
 * What the server hands to a dialect and takes back: HTTP without sockets. `body` is complete, within limits and
 * already decompressed; `headers` has lower-case names.
 */
export interface WireRequest {
  readonly method: string;
  /** Path and query as sent, still percent-encoded. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Uint8Array;
}

/** An answer. Several chunks are written one after the other without being joined; content-length is their sum. */
export interface WireResponse {
  readonly status: number;
  /** Lower-case names; without content-length, which the server adds. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | readonly Uint8Array[];
}
