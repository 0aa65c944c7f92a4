/** Words that say why and where the last call stopped. */
export const STATUS: usize = 6144;
export const POSITION: usize = 6148;
/** Text to read, or that was written; there are 64 bytes more behind it. */
export const TEXT: usize = 8192;
export const MAX_TEXT_BYTES: i32 = 16384;
/** Values that were read, or are to be written: as many as any text holds, at two bytes each. */
export const VALUES: usize = 65536;

export const MAX_EXACT_POWER: i32 = 22;
/** The powers of ten that a double holds exactly. */
export const EXACT_POWERS = memory.data(184, 16);

for (let power = 0, value = 1.0; power <= MAX_EXACT_POWER; power++, value *= 10) {
  store<f64>(EXACT_POWERS + (power << 3), value);
}
