/** What a client prefers of how its request is answered: the header `Prefer` (RFC 7240). */
export interface Preferences {
  /** `respond-async` (section 4.1): it does not want to wait for the answer. */
  readonly respondAsync: boolean;
  /** `wait` (section 4.3): how long it waits for the answer, in milliseconds; undefined = it says nothing of that. */
  readonly waitMs: number | undefined;
}

/** Longest wait that is granted. */
const MAX_WAIT_MS = 60_000;
const WAIT = /^wait\s*=\s*"?(\d{1,9})"?$/;

/** Reads the header, which may come in several lines. Other and malformed preferences are ignored, as RFC 7240 says; a longer wait is one of a minute. */
export function readPreferences(header: string | readonly string[] | undefined): Preferences {
  const text = typeof header === 'string' ? header : (header ?? []).join(',');
  const preferences = text.split(',').map((preference) => (preference.split(';', 1)[0] ?? '').trim().toLowerCase());
  const seconds = preferences.map((preference) => WAIT.exec(preference)?.[1]).find((wait) => wait !== undefined);
  return {
    respondAsync: preferences.includes('respond-async'),
    waitMs: seconds === undefined ? undefined : Math.min(Number(seconds) * 1_000, MAX_WAIT_MS),
  };
}
