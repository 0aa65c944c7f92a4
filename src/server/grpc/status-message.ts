/** Longest status message: headers are small things, and clients refuse large ones with the whole answer. */
const MAX_BYTES = 4_096;
const PLAIN = /^[ -$&-~]*$/;

/** A text as `grpc-message` carries it: everything but printable ASCII, and `%`, percent-encoded in UTF-8; clipped at 4 KiB. */
export function encodeStatusMessage(text: string): string {
  if (text.length <= MAX_BYTES && PLAIN.test(text)) return text;
  let encoded = '';
  for (const character of text) {
    const next = PLAIN.test(character) ? character : percentEncode(character);
    if (encoded.length + next.length > MAX_BYTES) break;
    encoded += next;
  }
  return encoded;
}

function percentEncode(character: string): string {
  return Buffer.from(character).toString('hex').toUpperCase().replace(/../g, '%$&');
}
