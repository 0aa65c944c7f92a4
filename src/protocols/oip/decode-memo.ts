import type { WireRequest } from '../wire.js';
import type { DecodedInfer } from './decode-infer.js';

const MAX_ENTRIES = 128;
const MAX_BODY_BYTES = 65_536;
/** Bytes of a body that are looked at before the rest is compared. */
const SAMPLES = 64;

/** A request as it came, and what it meant. */
export interface KnownRequest {
  readonly body: Buffer;
  readonly decoded: DecodedInfer;
}

/**
 * What some JSON requests meant, so that the same bytes need not be read again: those whose answers come from the response
 * cache, where reading would cost most of the time. Holds 128 bodies of at most 64 KiB; the oldest go first.
 */
export class DecodeMemo {
  readonly #known = new Map<number, KnownRequest>();

  /** Takes the request out: it may be put back when nobody else has got hold of its tensors. */
  take(wire: WireRequest): KnownRequest | undefined {
    if (this.#known.size === 0 || !isRepeatable(wire)) return undefined;
    const key = sample(wire.body);
    const known = this.#known.get(key);
    if (known === undefined || !known.body.equals(wire.body)) return undefined;
    this.#known.delete(key);
    return known;
  }

  put(known: KnownRequest): void {
    const key = sample(known.body);
    this.#known.delete(key);
    if (this.#known.size === MAX_ENTRIES) this.#known.delete(this.#known.keys().next().value as number);
    this.#known.set(key, known);
  }

  /** Remembers a request that was read. */
  add(wire: WireRequest, decoded: DecodedInfer): void {
    // A copy: the body may lie in a larger piece of what a socket has brought.
    if (isRepeatable(wire)) this.put({ body: Buffer.from(wire.body), decoded });
  }
}

/** What a body without binary data means depends on nothing but its bytes. */
function isRepeatable({ headers, body }: WireRequest): boolean {
  return body.length <= MAX_BODY_BYTES && headers['inference-header-content-length'] === undefined;
}

function sample(body: Uint8Array): number {
  let hash = body.length | 0;
  const step = Math.max(1, Math.floor(body.length / SAMPLES));
  for (let at = 0; at < body.length; at += step) hash = Math.imul(hash ^ (body[at] as number), 0x01000193);
  return hash;
}
