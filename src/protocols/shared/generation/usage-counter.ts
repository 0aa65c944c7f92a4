import type { Usage } from '../../../core/index.js';

/** Tokens of a request with one or several choices, as OpenAI counts them: a prompt once, however many choices it has. */
export class UsageCounter {
  readonly #choicesPerPrompt: number;
  readonly #byChoice = new Map<number, Usage>();

  constructor(choicesPerPrompt: number) {
    this.#choicesPerPrompt = choicesPerPrompt;
  }

  /** The latest that is known of a choice. */
  note(choice: number, usage: Usage | undefined): void {
    if (usage !== undefined) this.#byChoice.set(choice, usage);
  }

  total(): Required<Omit<Usage, 'onlyRead'>> {
    const total = { promptTokens: 0, cachedTokens: 0, completionTokens: 0, reasoningTokens: 0 };
    for (const [choice, usage] of this.#byChoice) {
      total.completionTokens += usage.completionTokens;
      total.reasoningTokens += usage.reasoningTokens ?? 0;
      if (choice % this.#choicesPerPrompt !== 0) continue;
      total.promptTokens += usage.promptTokens;
      total.cachedTokens += usage.cachedTokens ?? 0;
    }
    return total;
  }
}
