/**
 * What is larger than this is not decoded, counted or encoded in one go in the event loop: it would hold up everybody else. A body
 * of this size takes a few milliseconds at most, whatever is in it.
 */
export const LARGE_BYTES = 131_072;

/** Headers by lower-case name. */
export type WireHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** A media type without its parameters, in lower case; '' = none is given. */
export function mediaTypeOf(contentType: string | string[] | undefined): string {
  const [type = ''] = (typeof contentType === 'string' ? contentType : '').split(';', 1);
  return type.trim().toLowerCase();
}

/** The types of an `Accept`, without their parameters, in lower case: what is liked best comes first, what is refused is left out. */
export function acceptedTypes(accept: string): readonly string[] {
  return accept
    .split(',')
    .map(parseRange)
    .filter(({ quality }) => quality > 0)
    .sort((a, b) => b.quality - a.quality)
    .map(({ type }) => type);
}

function parseRange(text: string): { readonly type: string; readonly quality: number } {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const quality = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
  return { type, quality: quality === undefined ? 1 : Number(quality) || 0 };
}

/**
 * What the server hands to a dialect and takes back: HTTP without sockets. `body` is complete, within limits and
 * already decompressed; `headers` has lower-case names.
 */
export interface WireRequest {
  readonly method: string;
  /** Path and query as sent, still percent-encoded. */
  readonly url: string;
  readonly headers: WireHeaders;
  /** Names as the client wrote them, each before its value. Default: none. */
  readonly rawHeaders?: readonly string[];
  readonly body: Uint8Array;
}

/** The request without what only forwarding needs. */
export function withoutRawHeaders({ method, url, headers, body }: WireRequest): WireRequest {
  return { method, url, headers, body };
}

/** The body of an answer: several chunks are written one after the other without being joined. */
export type WireBody = string | Uint8Array | readonly Uint8Array[];

/** The chunks of a body. */
export function piecesOf(body: WireBody): readonly (string | Uint8Array)[] {
  return typeof body === 'string' || body instanceof Uint8Array ? [body] : body;
}

/** An answer; content-length is the sum of its chunks. */
export interface WireResponse {
  readonly status: number;
  /** Lower-case names; without content-length, which the server adds. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: WireBody;
}

/**
 * An answer that comes bit by bit (server-sent events). The next piece is asked for when the client has room for it; leaving the
 * iteration early says that the client is gone. What it throws after the first piece only breaks the connection off.
 */
export interface WireStream {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly stream: AsyncIterable<string | Uint8Array>;
}

/** Whether an answer comes bit by bit; by what it has and not by `in`, which costs more. */
export function isStream(answer: WireResponse | WireStream): answer is WireStream {
  return (answer as Partial<WireStream>).stream !== undefined;
}
