const LIMIT_MS = 60_000;
const POLL_MS = 100;

/** Asks until it is so, for a minute at most; resolves with whether it is. */
export async function becomes(isSo: () => boolean | Promise<boolean>): Promise<boolean> {
  const until = performance.now() + LIMIT_MS;
  while (!(await isSo())) {
    if (performance.now() > until) return false;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return true;
}
