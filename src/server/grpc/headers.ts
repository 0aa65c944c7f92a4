import { invalidArgument } from '../../core/index.js';

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

const TIMEOUT = /^(\d{1,8})([HMSmun])$/;
const UNIT_MS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 1e-3, n: 1e-6 };

/** Milliseconds of a `grpc-timeout`; Infinity when there is none. Throws `invalid_argument` when it is malformed. */
export function grpcTimeoutMs(header: string | string[] | undefined): number {
  if (header === undefined) return Number.POSITIVE_INFINITY;
  const [, count, unit = ''] = (typeof header === 'string' && TIMEOUT.exec(header)) || [];
  const unitMs = UNIT_MS[unit];
  if (unitMs === undefined) {
    throw invalidArgument(
      `metadata grpc-timeout: expected at most 8 digits and one of the units H, M, S, m, u, n, got '${String(header)}'`,
    );
  }
  return Number(count) * unitMs;
}
