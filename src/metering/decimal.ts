/** Digits behind the point that a price may have. */
export const PRICE_DIGITS = 12;

/** A number as people write it, as an integer of 10^-`digits`; undefined where it is negative or has more digits than that. */
export function toInteger(value: number, digits: number): bigint | undefined {
  // The shortest decimal that is this number: what was written, up to 15 digits.
  const [, whole = '', fraction = '', exponent = '0'] = /^(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(value)) ?? [];
  const scale = digits + Number(exponent) - fraction.length;
  if (whole === '') return undefined;
  const all = BigInt(whole + fraction);
  if (scale >= 0) return all * 10n ** BigInt(scale);
  const unit = 10n ** BigInt(-scale);
  return all % unit === 0n ? all / unit : undefined;
}

/** An integer of 10^-`digits` as a decimal, with all of its digits and no more: `0.0125`. */
export function toDecimal(value: bigint, digits: number): string {
  const text = value.toString().padStart(digits + 1, '0');
  const fraction = text.slice(-digits).replace(/0+$/, '');
  const whole = text.slice(0, -digits);
  return fraction === '' ? whole : `${whole}.${fraction}`;
}
