import type { Usage } from '../../core/index.js';

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

  body(): object {
    let promptTokens = 0;
    let cachedTokens = 0;
    let completionTokens = 0;
    let reasoningTokens = 0;
    for (const [choice, usage] of this.#byChoice) {
      completionTokens += usage.completionTokens;
      reasoningTokens += usage.reasoningTokens ?? 0;
      if (choice % this.#choicesPerPrompt !== 0) continue;
      promptTokens += usage.promptTokens;
      cachedTokens += usage.cachedTokens ?? 0;
    }
    return {
      prompt_tokens: promptTokens,
      completion_tokens: completionTokens,
      total_tokens: promptTokens + completionTokens,
      prompt_tokens_details: { cached_tokens: cachedTokens },
      completion_tokens_details: { reasoning_tokens: reasoningTokens },
    };
  }
}
