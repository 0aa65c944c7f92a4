/** What decides how long segments are kept. */
export interface RetentionRules {
  readonly keepMs: number;
  readonly maxSizeBytes: number;
}

const DAY_MS = 86_400_000;

/**
 * The rule by which the oldest segment is to go, in the words of the settings, where its last entry is so old and all of them have so
 * many bytes; undefined where it may stay. A clock that jumps back keeps more.
 */
export function ruleToCut(
  { ageMs, totalBytes }: { readonly ageMs: number; readonly totalBytes: number },
  { keepMs, maxSizeBytes }: RetentionRules,
): string | undefined {
  if (ageMs > keepMs) return `audit.keepDays ${keepMs / DAY_MS}`;
  return totalBytes > maxSizeBytes ? `audit.maxSizeBytes ${maxSizeBytes}` : undefined;
}
