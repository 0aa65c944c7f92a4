const FLOAT = new Float32Array(1);
const BITS = new Uint32Array(FLOAT.buffer);

/** The IEEE 754 half-precision bits nearest to `value` (ties to even); beyond ±65519 they are those of ±Infinity. */
export function toHalfBits(value: number): number {
  FLOAT[0] = value;
  const bits = BITS[0] as number;
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fff_ffff;
  if (magnitude > 0x7f80_0000) return sign | 0x7e00;
  if (magnitude >= 0x4780_0000) return sign | 0x7c00;
  if (magnitude >= 0x3880_0000) return sign | ((magnitude + 0xfff + ((magnitude >>> 13) & 1) - 0x3800_0000) >>> 13);
  if (magnitude < 0x3300_0000) return sign;
  // Below the smallest normal half the unit is 2^-24: the mantissa is shifted there and rounded by what falls off.
  const shift = 126 - (magnitude >>> 23);
  const mantissa = (magnitude & 0x7f_ffff) | 0x80_0000;
  const kept = mantissa >>> shift;
  const lost = mantissa & ((1 << shift) - 1);
  const halfway = 1 << (shift - 1);
  return sign | (kept + (lost > halfway || (lost === halfway && (kept & 1) === 1) ? 1 : 0));
}

/** The value of IEEE 754 half-precision bits. */
export function fromHalfBits(bits: number): number {
  const sign = (bits & 0x8000) === 0 ? 1 : -1;
  const exponent = (bits >>> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The bfloat16 bits nearest to `value` (ties to even): the upper half of its float32 bits, rounded. */
export function toBfloat16Bits(value: number): number {
  FLOAT[0] = value;
  const bits = BITS[0] as number;
  if ((bits & 0x7fff_ffff) > 0x7f80_0000) return ((bits >>> 16) & 0x8000) | 0x7fc0;
  return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
}

/** The value of bfloat16 bits. */
export function fromBfloat16Bits(bits: number): number {
  BITS[0] = bits << 16;
  return FLOAT[0] as number;
}
