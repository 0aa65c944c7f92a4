const LIMIT_MS = 30_000;

/** Asks until the status is that which is waited for, or half a minute has passed; gives the last one. */
export async function eventually(ask: () => Promise<number>, wanted: number): Promise<number> {
  const giveUpAt = performance.now() + LIMIT_MS;
  for (;;) {
    const status = await ask();
    if (status === wanted || performance.now() > giveUpAt) return status;
  }
}
