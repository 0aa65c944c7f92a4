const FIRST_MS = 1_000;
const MAX_MS = 30_000;
const MAX_ATTEMPTS = 5;

/** How long a group waits after it has failed, which doubles each time; undefined = it is given up. `retryAfterMs`: as the collector asks. */
export function retryDelayMs(attempts: number, retryAfterMs: number | undefined): number | undefined {
  if (attempts >= MAX_ATTEMPTS) return undefined;
  return Math.min(MAX_MS, Math.max(retryAfterMs ?? 0, FIRST_MS * 2 ** (attempts - 1)));
}
