/** What a client asks for with `Prefer: respond-async` (RFC 7240, sections 4.1 and 4.3). */
export interface AsyncPreference {
  /** How long it waits for the answer before it takes 202, in milliseconds; undefined = not at all. */
  readonly waitMs: number | undefined;
}

/** Longest wait that is granted. */
const MAX_WAIT_MS = 60_000;
const WAIT = /^wait\s*=\s*"?(\d{1,9})"?$/;

/** Reads the header `Prefer`; undefined = it does not ask for an asynchronous answer. Other and malformed preferences are ignored, as RFC 7240 says. */
export function readPrefer(header: string | string[] | undefined): AsyncPreference | undefined {
  if (header === undefined) return undefined;
  const text = typeof header === 'string' ? header : header.join(',');
  const names = text.split(',').map((preference) => (preference.split(';', 1)[0] ?? '').trim().toLowerCase());
  if (!names.includes('respond-async')) return undefined;
  const wait = names.map((name) => WAIT.exec(name)?.[1]).find((seconds) => seconds !== undefined);
  return { waitMs: wait === undefined ? undefined : Math.min(Number(wait) * 1_000, MAX_WAIT_MS) };
}

/** Value of `Preference-Applied`. `isAsync`: the answer is 202. */
export function preferenceApplied({ waitMs }: AsyncPreference, isAsync: boolean): string {
  const wait = waitMs === undefined ? [] : [`wait=${waitMs / 1_000}`];
  return [...(isAsync ? ['respond-async'] : []), ...wait].join(', ');
}
