/** "12,345". */
export function formatCount(count: number): string {
  return count.toLocaleString('en-US');
}

/** "2.1 %", "0.034 %", "37 %": two digits that count. */
export function formatShare(share: number): string {
  return `${formatNumber(share * 100)} %`;
}

/** A number with two digits that count, and no exponent: "0.034", "37", "1,200". */
export function formatNumber(value: number): string {
  if (Math.abs(value) >= 10) return formatCount(Math.round(value));
  return String(Number(value.toPrecision(2)));
}

/** What the evidence says: "evidence 1.2 of the 80 that roll back", "evidence 84: chance alone reaches 80 in at most 1 of 80 rollouts". */
export function formatEvidence(evidence: number, limit: number): string {
  const number = evidence >= 1e6 ? 'over 1,000,000' : formatNumber(evidence);
  const enough = formatNumber(limit);
  if (evidence < limit) return `evidence ${number} of the ${enough} that roll back`;
  return `evidence ${number}: chance alone reaches ${enough} in at most 1 of ${enough} rollouts`;
}

/** How far it is to fine: "about 900 more requests until it is fine". */
export function formatMissing(missing: number | undefined, what: string): string {
  if (missing === undefined) return 'not fine while the difference stays as large';
  return `about ${formatCount(Math.max(1, roundCount(missing)))} more ${what} until it is fine`;
}

/** A whole number with two digits that count: an estimate has no more. */
export function roundCount(count: number, round = Math.ceil): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(count, 1))) - 1);
  return round(count / unit) * unit;
}
