/** A sequence that takes part in the next step. */
export interface StepCandidate {
  /** Tokens of its prompt that are still to be evaluated; 0 = it generates, one token a step. */
  readonly promptLeft: number;
  /** Its place in the order of arrival. */
  readonly since: number;
  /** Most tokens of it in one step. Default: any. */
  readonly most?: number;
}

export interface StepLimits {
  /** Most tokens of an evaluation. */
  readonly batchTokens: number;
  /** Most tokens of prompts, where others generate meanwhile: they wait for the whole step. */
  readonly prefillTokens: number;
  /** Most tokens of one prompt, also of a longer one: prompts that come meanwhile wait for the whole step. */
  readonly partTokens: number;
  /** The prompt that came first goes before shorter ones in this step. */
  readonly isOldestsTurn: boolean;
}

/**
 * How many tokens of each candidate the next evaluation takes: one of each that generates, and of prompts what is left, those with the fewest
 * tokens left first. A long prompt so costs those who generate, or whose shorter prompts come while it is evaluated, a bounded time.
 */
export function planStep(candidates: readonly StepCandidate[], limits: StepLimits): readonly number[] {
  let room = limits.batchTokens;
  const tokens = candidates.map(({ promptLeft }): number => {
    if (promptLeft > 0 || room === 0) return 0;
    room--;
    return 1;
  });
  const generates = room < limits.batchTokens;
  let taken = 0;
  for (const { index, candidate } of promptsInOrder(candidates, limits.isOldestsTurn)) {
    const { promptLeft, most = promptLeft } = candidate;
    const isPart = promptLeft > limits.partTokens;
    const atMost = generates || (isPart && taken > 0) ? limits.prefillTokens : isPart ? limits.partTokens : room;
    const part = Math.max(0, Math.min(promptLeft, most, Math.min(room, atMost) - taken));
    tokens[index] = part;
    taken += part;
  }
  return tokens;
}

function promptsInOrder(candidates: readonly StepCandidate[], isOldestsTurn: boolean) {
  const prompts = candidates
    .map((candidate, index) => ({ candidate, index }))
    .filter(({ candidate }) => candidate.promptLeft > 0);
  const first = isOldestsTurn ? Math.min(...prompts.map(({ candidate }) => candidate.since)) : undefined;
  const isFirst = ({ since }: StepCandidate): number => Number(since === first);
  return prompts.sort(
    ({ candidate: one }, { candidate: other }) =>
      isFirst(other) - isFirst(one) || one.promptLeft - other.promptLeft || one.since - other.since,
  );
}
