const UNITS_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
type Unit = keyof typeof UNITS_MS;

/** Largest first. */
const UNITS = ['d', 'h', 'm', 's', 'ms'] as const satisfies readonly Unit[];
const PART = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/y;

/** Milliseconds of `90s`, `10m`, `1h30m`, `1.5d`: each unit at most once, the largest first. Undefined where it is none of that. */
export function parseDuration(text: string): number | undefined {
  let totalMs = 0;
  let at = 0;
  let largest = -1;
  while (at < text.length) {
    PART.lastIndex = at;
    const found = PART.exec(text);
    const unit = found?.[2] as Unit | undefined;
    if (found === null || unit === undefined || UNITS.indexOf(unit) <= largest) return undefined;
    largest = UNITS.indexOf(unit);
    totalMs += Number(found[1]) * UNITS_MS[unit];
    at = PART.lastIndex;
  }
  return at === 0 ? undefined : totalMs;
}

/** Milliseconds as people say them, by their two largest units: `1h30m`, `90s` as `1m30s`, `250ms`; whole milliseconds. */
export function formatDuration(durationMs: number): string {
  let restMs = Math.round(durationMs);
  // Fractions of a second say nothing beside a minute.
  if (restMs >= UNITS_MS.m) restMs = Math.round(restMs / UNITS_MS.s) * UNITS_MS.s;
  const parts: string[] = [];
  for (const unit of UNITS) {
    const count = Math.floor(restMs / UNITS_MS[unit]);
    restMs -= count * UNITS_MS[unit];
    if (count > 0) parts.push(`${count}${unit}`);
    else if (parts.length > 0) break;
    if (parts.length === 2) break;
  }
  return parts.length === 0 ? '0s' : parts.join('');
}
