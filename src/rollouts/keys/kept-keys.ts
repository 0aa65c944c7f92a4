/** Keys that are kept: 256 KiB where they are stored. */
export const MAX_KEPT_KEYS = 65_536;
const FIRST_PLACES = 64;
const FREE = 0;

/**
 * Keys that an arm keeps when it gets no further ones, by 32 bits of each: of a million other keys, 15 are taken for one of 65,536. Further
 * keys are not kept.
 */
export class KeptKeys {
  /** Open addressing, at most half full. */
  #places = new Uint32Array(FIRST_PLACES);
  #size = 0;

  /** `kept`: what {@link snapshot} has returned. */
  constructor(kept = '') {
    const bytes = Buffer.from(kept, 'base64');
    for (let at = 0; at + 4 <= bytes.length; at += 4) this.add(bytes.readUInt32LE(at));
  }

  get size(): number {
    return this.#size;
  }

  has(hash: number): boolean {
    return this.#places[placeOf(this.#places, hash)] !== FREE;
  }

  /** Returns whether it is new. */
  add(hash: number): boolean {
    const at = placeOf(this.#places, hash);
    if (this.#places[at] !== FREE || this.#size === MAX_KEPT_KEYS) return false;
    this.#places[at] = storedOf(hash);
    this.#size++;
    if (this.#size * 2 > this.#places.length) this.#grow();
    return true;
  }

  /** Base64 of four bytes for each. */
  snapshot(): string {
    const bytes = Buffer.allocUnsafe(this.#size * 4);
    let at = 0;
    for (const hash of this.#places) if (hash !== FREE) at = bytes.writeUInt32LE(hash, at);
    return bytes.toString('base64');
  }

  #grow(): void {
    const larger = new Uint32Array(this.#places.length * 2);
    for (const hash of this.#places) if (hash !== FREE) larger[placeOf(larger, hash)] = hash;
    this.#places = larger;
  }
}

/** No key is kept as what marks a free place. */
function storedOf(hash: number): number {
  return hash >>> 0 || 1;
}

/** Where it is, or would be: there is always a free place. */
function placeOf(places: Uint32Array, hash: number): number {
  const stored = storedOf(hash);
  // A power of two; the hashes are well mixed.
  const mask = places.length - 1;
  let at = stored & mask;
  while (places[at] !== FREE && places[at] !== stored) at = (at + 1) & mask;
  return at;
}
