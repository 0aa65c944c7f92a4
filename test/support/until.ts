const LIMIT_MS = 45_000;

/**
 * Resolves once `holds` does, which is asked in every turn of the event loop. Rejects after 45 s, naming `what`; for what
 * no event tells of.
 */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const giveUpAt = performance.now() + LIMIT_MS;
  while (!(await holds())) {
    if (performance.now() > giveUpAt) throw new Error(`after ${LIMIT_MS} ms still not so: ${what}`);
    await new Promise(setImmediate);
  }
}
