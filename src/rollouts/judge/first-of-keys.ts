/** Bits that keys are told apart by: 4 KiB, whatever the number of keys. */
const BITS = 1 << 15;

/**
 * Lets the first one of each key pass, as far as so few bits can say: of two keys with the same bit the second one does not pass. That
 * depends on the keys only, and not on their arms. Takes no memory before there is a key.
 */
export class FirstOfKeys {
  #bits: Uint8Array | undefined;

  /** `kept`: what {@link snapshot} has returned. */
  constructor(kept: string | undefined) {
    if (kept !== undefined) this.#bits = Uint8Array.from(Buffer.from(kept, 'base64'));
  }

  /** Whether nothing with these 32 bits came before; always where there is no key. */
  isFirst(key: number | undefined): boolean {
    if (key === undefined) return true;
    this.#bits ??= new Uint8Array(BITS / 8);
    const at = (key >>> 0) % BITS;
    const bit = 1 << (at & 7);
    const byte = this.#bits[at >> 3] ?? 0;
    if ((byte & bit) !== 0) return false;
    this.#bits[at >> 3] = byte | bit;
    return true;
  }

  /** Base64; undefined where there was no key. */
  snapshot(): string | undefined {
    return this.#bits && Buffer.from(this.#bits).toString('base64');
  }
}
