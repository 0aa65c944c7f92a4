const LIMIT_MS = 45_000;
/** Turns of the event loop in which it is asked at once; then with a pause, as what is waited for needs the processor, too. */
const EAGER_TURNS = 100;
const PAUSE_MS = 2;

/** Resolves once `holds` does, which is asked again and again. Rejects after 45 s, naming `what`; for what no event tells of. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const giveUpAt = performance.now() + LIMIT_MS;
  for (let turn = 0; !(await holds()); turn++) {
    if (performance.now() > giveUpAt) throw new Error(`after ${LIMIT_MS} ms still not so: ${what}`);
    await new Promise((resolve) => (turn < EAGER_TURNS ? setImmediate(resolve) : setTimeout(resolve, PAUSE_MS)));
  }
}
