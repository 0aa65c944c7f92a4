import type { RequestHead } from '../http/exchange.js';

/** The head of a plain request. One that a client sends again and again is read once, so nobody may change it. */
export interface PlainHead extends RequestHead {
  readonly url: string;
  readonly bodyBytes: number;
  readonly comesOnce: true;
}

const REQUEST_LINE = /POST (\/[!"$-~]*) HTTP\/1\.1\r\n/y;
const FIELD = /([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([\t -~\x80-\xff]*)\r\n/y;
/** What changes how a message is read, or what its client waits for. */
const UNUSUAL = new Set(['transfer-encoding', 'expect', 'upgrade', 'proxy-connection', 'trailer', 'te']);
const MAX_FIELDS = 100;

/**
 * Reads the head of a request (RFC 9112 §3 and §5), from its first byte to the line break of its last field, if it is plain:
 * `POST` of a path by HTTP/1.1, with `Host` and `Content-Length`, no field twice, and nothing that changes how the message is read.
 * undefined = it is not, and `node:http` says what it is. What it gives is what `node:http` would give.
 */
export function readPlainHead(text: string): PlainHead | undefined {
  REQUEST_LINE.lastIndex = 0;
  const url = REQUEST_LINE.exec(text)?.[1];
  if (url === undefined) return undefined;
  const headers: Record<string, string> = {};
  const rawHeaders: string[] = [];
  let bodyBytes: number | undefined;
  let at = REQUEST_LINE.lastIndex;
  while (at < text.length) {
    FIELD.lastIndex = at;
    const field = FIELD.exec(text);
    if (field === null || rawHeaders.length === 2 * MAX_FIELDS) return undefined;
    at = FIELD.lastIndex;
    const rawName = field[1] as string;
    const name = rawName.toLowerCase();
    // Also true of what every object has.
    if (headers[name] !== undefined || UNUSUAL.has(name)) return undefined;
    const rawValue = field[2] as string;
    if (name === 'content-length') bodyBytes = lengthOf(rawValue);
    const value = withoutTrailingSpace(rawValue);
    headers[name] = value;
    rawHeaders.push(rawName, value);
  }
  const { connection, host } = headers;
  const staysOpen = connection === undefined || connection.toLowerCase() === 'keep-alive';
  if (bodyBytes === undefined || host === undefined || !staysOpen) return undefined;
  return Object.freeze({
    method: 'POST',
    url,
    headers: Object.freeze(headers),
    rawHeaders: Object.freeze(rawHeaders) as string[],
    httpVersion: '1.1',
    httpVersionMajor: 1,
    httpVersionMinor: 1,
    complete: true,
    comesOnce: true,
    bodyBytes,
  });
}

/** Of digits alone: not all that may stand behind them is taken by Node's parser. */
function lengthOf(text: string): number | undefined {
  return /^(?:0|[1-9]\d{0,9})$/.test(text) ? Number(text) : undefined;
}

function withoutTrailingSpace(value: string): string {
  let end = value.length;
  while (end > 0 && (value[end - 1] === ' ' || value[end - 1] === '\t')) end--;
  return end === value.length ? value : value.slice(0, end);
}
