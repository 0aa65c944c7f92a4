/** A sequence that wants to take part in the next step. */
export interface StepCandidate {
  /** Tokens of its prompt that are still to be evaluated; 0 = it generates, one token a step. */
  readonly promptLeft: number;
  /** Most tokens of it in one step. Default: any. */
  readonly most?: number;
}

export interface StepLimits {
  /** Most tokens of an evaluation. */
  readonly batchTokens: number;
  /** Most tokens of prompts, where others generate meanwhile: they wait for the whole step. */
  readonly prefillTokens: number;
}

/**
 * How many tokens of each candidate the next evaluation takes: one of each that generates, and of prompts what is left, the first
 * candidate's first. A long prompt so costs those who generate a bounded time for each of their tokens. A prompt whose rest is no longer than an
 * equal share of the step does not wait for longer ones, which take no more beside it than beside those who generate.
 */
export function planStep(candidates: readonly StepCandidate[], limits: StepLimits): readonly number[] {
  let room = limits.batchTokens;
  const tokens = candidates.map(({ promptLeft }): number => {
    if (promptLeft > 0 || room === 0) return 0;
    room--;
    return 1;
  });
  const prompts = candidates.flatMap(({ promptLeft, most = promptLeft }, index) =>
    promptLeft === 0 ? [] : [{ index, wanted: Math.min(promptLeft, most), promptLeft }],
  );
  const share = room / prompts.length;
  const short = prompts.filter(({ wanted }) => wanted <= share);
  const long = prompts.filter(({ wanted }) => wanted > share);
  const generates = room < limits.batchTokens;
  const begins = long.length > 0 && short.some(({ wanted, promptLeft }) => wanted === promptLeft);
  let prefill = generates || begins ? Math.min(room, limits.prefillTokens) : room;
  for (const { index, wanted } of [...short, ...long]) {
    const taken = Math.min(wanted, prefill);
    tokens[index] = taken;
    prefill -= taken;
  }
  return tokens;
}
