const WITH_COMMAS = new Intl.NumberFormat('en-US');

/** "12,345". */
export function sayCount(count: number): string {
  return WITH_COMMAS.format(count);
}

/** "2.1 %", "0.034 %", "37 %": two digits that count. */
export function sayShare(share: number): string {
  return `${sayNumber(share * 100)} %`;
}

/** A number with two digits that count, and no exponent: "0.034", "37", "1,200". */
export function sayNumber(value: number): string {
  if (value >= 10) return sayCount(Math.round(value));
  return String(Number(value.toPrecision(2)));
}

/** "412 of 100". */
export function sayEvidence(evidence: number, limit: number): string {
  const said = evidence >= 1e6 ? 'over 1,000,000' : sayNumber(evidence);
  return `evidence ${said} of ${sayNumber(limit)}`;
}
