const WARM_UP_ROUNDS = 5;
const ROUNDS = 60;
const ROUND_MS = 5;

/** Kinds of input: what is measured gets another one each time, so that nothing can be remembered. */
export const VARIANTS = 64;

/** Mean time of a call in µs. */
function round(run, variants) {
  const start = performance.now();
  let count = 0;
  let now = start;
  for (; now - start < ROUND_MS; now = performance.now()) {
    for (let variant = 0; variant < variants; variant++) run(variant);
    count += variants;
  }
  return ((now - start) / count) * 1_000;
}

/** µs of a call of each, in their best rounds; they take turns. */
export function bestOf(runs, variants = VARIANTS) {
  for (let warmUp = 0; warmUp < WARM_UP_ROUNDS; warmUp++) runs.map((run) => round(run, variants));
  const best = runs.map(() => Number.POSITIVE_INFINITY);
  for (let turn = 0; turn < ROUNDS; turn++) {
    for (const [index, run] of runs.entries()) best[index] = Math.min(best[index], round(run, variants));
  }
  return best;
}
