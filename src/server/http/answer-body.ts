import type { ServerResponse } from 'node:http';
import type { WireResponse } from '../../protocols/index.js';

type Body = WireResponse['body'];

/** How many bytes it has on the wire. */
export function bodyBytes(body: Body): number {
  if (typeof body === 'string') return Buffer.byteLength(body);
  if (body instanceof Uint8Array) return body.byteLength;
  let total = 0;
  for (const chunk of body) total += chunk.byteLength;
  return total;
}

/** Ends an answer with its body, of which `lengthBytes` says {@link bodyBytes}. */
export function endWith(res: ServerResponse, body: Body, lengthBytes: number): void {
  if (typeof body === 'string') {
    // Text of one byte a character goes out together with the headers in one cheap copy.
    res.end(body, body.length === lengthBytes ? 'latin1' : 'utf8');
  } else if (body instanceof Uint8Array) {
    res.end(body);
  } else {
    res.cork();
    for (const chunk of body) res.write(chunk);
    res.end();
    res.uncork();
  }
}
