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
 * candidate's first. A long prompt so costs those who generate a bounded time for each of their tokens.
 */
export function planStep(candidates: readonly StepCandidate[], limits: StepLimits): readonly number[] {
  let room = limits.batchTokens;
  const tokens = candidates.map(({ promptLeft }) => {
    if (promptLeft > 0 || room === 0) return 0;
    room--;
    return 1;
  });
  const generates = room < limits.batchTokens;
  let prefill = generates ? Math.min(room, limits.prefillTokens) : room;
  return candidates.map(({ promptLeft, most = promptLeft }, index) => {
    if (promptLeft === 0) return tokens[index] as number;
    const taken = Math.min(promptLeft, most, prefill);
    prefill -= taken;
    return taken;
  });
}
