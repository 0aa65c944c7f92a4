import { LimitedThread, type LimitedThreadOptions, startThread, type ThreadProblem } from '../../../async/index.js';
import { type Clock, errorOf, type GenerationParameters, invalidArgument, type Prompt } from '../../../core/index.js';
import { conversationPrompt } from '../../../generation/index.js';
import { generationOptions } from '../sampling/options.js';
import { refusedByTemplate } from '../template/refusal.js';
import type { MadePrompt, PreparationSetup, PromptJob, PromptOptions, PromptReply } from './job.js';

/** Templates take a millisecond; one that loops is ended. */
export const LIMIT_MS = 2_000;
const MAX_HEAP_MB = 256;
const ENTRY = new URL('./thread.js', import.meta.url).href;

/** How threads are started that make prompts: templates are programs of strangers, and long texts take a while. */
export function promptThreadOptions(setup: PreparationSetup, clock: Clock): LimitedThreadOptions {
  const start = () => startThread(ENTRY, { name: 'millrace-prompts', data: setup, maxHeapMb: MAX_HEAP_MB });
  return { clock, start, limitMs: LIMIT_MS };
}

const PROBE = conversationPrompt({ messages: [{ role: 'user', content: 'Hello' }] });

/** Rejects where the template does not take the simplest conversation. */
export async function probeTemplate(setup: PreparationSetup, clock: Clock): Promise<void> {
  const thread = new LimitedThread<PromptJob, PromptReply>(promptThreadOptions(setup, clock));
  try {
    promptOf(await thread.run({ prompt: PROBE, options: promptOptions({ maxTokens: 0 }) }), PROBE);
  } finally {
    await thread.close();
  }
}

/** What of a request's parameters its prompt depends on, with defaults. Plain data. */
export function promptOptions(parameters: GenerationParameters): PromptOptions {
  const options = generationOptions(parameters);
  const { maxTokens, echo, returnTokenIds, addSpecial, parseSpecial, toolChoice, parallelToolCalls } = options;
  const { promptLogprobs, suffix, truncatePromptTokens, dropsTurns, responseFormat } = options;
  return {
    maxTokens,
    echo,
    returnTokenIds,
    addSpecial,
    parseSpecial,
    toolChoice,
    parallelToolCalls,
    promptLogprobs,
    suffix,
    truncatePromptTokens,
    dropsTurns,
    responseFormat,
  };
}

/** Throws why there is none. */
export function promptOf(reply: PromptReply | ThreadProblem, { kind }: Pick<Prompt, 'kind'>): MadePrompt {
  if ('prompt' in reply) return reply.prompt;
  if ('fault' in reply) throw errorOf(reply.fault);
  throw kind === 'conversation'
    ? refusedByTemplate(reply.problem)
    : invalidArgument(`the prompt was not read: ${reply.problem}`);
}
