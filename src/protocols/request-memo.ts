import type { WireRequest } from './wire.js';

const MAX_ENTRIES = 128;
const MAX_BODY_BYTES = 65_536;
/** Bytes of a body that are looked at before the rest is compared. */
const SAMPLES = 64;

/** A request as it came, and what it meant. */
export interface KnownRequest<Meaning> {
  /** The caller's: the time that reading takes must not show what other callers have sent. */
  readonly ownerId: string;
  readonly body: Buffer;
  readonly meaning: Meaning;
}

/**
 * What some requests meant whose meaning depends on nothing but their bytes, so that the same bytes need not be read again: those whose answers come from the response
 * cache, where reading would cost most of the time. Holds 128 bodies of at most 64 KiB; the oldest go first.
 */
export class RequestMemo<Meaning> {
  readonly #known = new Map<number, KnownRequest<Meaning>>();

  /** Takes the request out: it may be put back when nobody else has got hold of its tensors. */
  take({ body }: Pick<WireRequest, 'body'>, ownerId: string): KnownRequest<Meaning> | undefined {
    if (this.#known.size === 0 || body.length > MAX_BODY_BYTES) return undefined;
    const key = sample(body, ownerId);
    const known = this.#known.get(key);
    if (known?.ownerId !== ownerId || !known.body.equals(body)) return undefined;
    this.#known.delete(key);
    return known;
  }

  put(known: KnownRequest<Meaning>): void {
    const key = sample(known.body, known.ownerId);
    this.#known.delete(key);
    if (this.#known.size === MAX_ENTRIES) this.#known.delete(this.#known.keys().next().value as number);
    this.#known.set(key, known);
  }

  /** Remembers a request that was read. */
  add({ body }: Pick<WireRequest, 'body'>, { ownerId, meaning }: Omit<KnownRequest<Meaning>, 'body'>): void {
    // A copy: the body may lie in a larger piece of what a socket has brought.
    if (body.length <= MAX_BODY_BYTES) this.put({ ownerId, body: Buffer.from(body), meaning });
  }
}

function sample(body: Uint8Array, ownerId: string): number {
  let hash = body.length | 0;
  for (let at = 0; at < ownerId.length; at++) hash = Math.imul(hash ^ ownerId.charCodeAt(at), 0x01000193);
  const step = Math.max(1, Math.floor(body.length / SAMPLES));
  for (let at = 0; at < body.length; at += step) hash = Math.imul(hash ^ (body[at] as number), 0x01000193);
  return hash;
}
