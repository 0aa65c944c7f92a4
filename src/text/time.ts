const DAY_OR_TIME = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d))?$/;

/** Milliseconds since the Unix epoch of a day (UTC), or a time with its zone, as ISO 8601 writes them. Undefined where it is neither. */
export function parseTime(text: string): number | undefined {
  const timeMs = DAY_OR_TIME.test(text) && isDay(text.slice(0, 10)) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(timeMs) ? undefined : timeMs;
}

type TimeOf<Moment> = Moment extends number ? string : undefined;

/** A moment as the server's own API writes it: RFC 3339 in UTC. */
export function timeOf<Moment extends number | undefined>(epochMs: Moment): TimeOf<Moment>;
export function timeOf(epochMs: number | undefined): string | undefined {
  return epochMs === undefined ? undefined : new Date(epochMs).toISOString();
}

/** `Date.parse` takes 31 February for 3 March. */
function isDay(text: string): boolean {
  const dayMs = Date.parse(text);
  return !Number.isNaN(dayMs) && new Date(dayMs).toISOString().startsWith(text);
}
