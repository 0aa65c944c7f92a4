/** 64 bits as two unsigned 32-bit halves. */
export interface TextHash {
  readonly high: number;
  readonly low: number;
}

/**
 * Hashes text by its UTF-16 units: the same on every machine, in every process and release, as which arm a user gets depends on it. Two
 * multiplicative lanes with MurmurHash3's finaliser; spreads well, and is no protection against who chooses the text.
 */
export function hashText(text: string): TextHash {
  let high = 0x9747b28c ^ text.length;
  let low = 0x41c6ce57 ^ text.length;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    high = Math.imul(high ^ unit, 0x9e3779b1);
    high = (high << 13) | (high >>> 19);
    low = Math.imul(low ^ unit, 0x85ebca77);
    low = (low << 17) | (low >>> 15);
  }
  return { high: mixBits(high ^ low), low: mixBits(Math.imul(low, 0xc2b2ae3d) ^ high) };
}

/** MurmurHash3's 32-bit finaliser: every bit of the result depends on every bit of `bits`. */
export function mixBits(bits: number): number {
  let mixed = bits ^ (bits >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
