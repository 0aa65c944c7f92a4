import { type Clock, errorOf, invalidArgument, MillraceError, type Prompt } from '../../../core/index.js';
import { conversationPrompt, promptBytes } from '../../../generation/index.js';
import { FairThreads, LimitedThread, startThread, type ThreadProblem } from '../../../threads/index.js';
import type { ItemContext } from '../../contract.js';
import { refusedByTemplate } from '../template/refusal.js';
import type { MadePrompt, PreparationSetup, PreparationWork, PromptJob, PromptOptions, PromptReply } from './job.js';
import { checkPromptSize } from './limits.js';

/** Templates take a millisecond; one that loops is ended. */
const LIMIT_MS = 2_000;
/** Texts take a millisecond for 500 bytes at worst. */
const BYTES_PER_MS = 256;
const MAX_HEAP_MB = 256;
/** Two callers at a time; others wait for their turn. */
const THREADS = 2;
/** More than any model runs at a time. */
const MAX_WAITING = 1_024;
const ENTRY = new URL('./thread.js', import.meta.url).href;

const PROBE = conversationPrompt({ messages: [{ role: 'user', content: 'Hello' }] });
const PROBE_OPTIONS: PromptOptions = {
  maxTokens: 0,
  echo: false,
  returnTokenIds: false,
  addSpecial: true,
  parseSpecial: true,
  toolChoice: undefined,
  parallelToolCalls: undefined,
  promptLogprobs: undefined,
  suffix: undefined,
  truncatePromptTokens: undefined,
  dropsTurns: false,
};

interface Asker {
  /** Of the item. */
  readonly context: ItemContext | undefined;
  /** Its request is not gone. */
  readonly isWanted: () => boolean;
}

/**
 * Prompts are made in threads, so that steps go on meanwhile: templates are rendered, texts tokenised. Callers share the threads fairly, by
 * the owner that an item tells of.
 */
export class Preparation {
  readonly #setup: PreparationSetup;
  readonly #threads: FairThreads<PromptJob, PromptReply>;
  #messages = 0;
  #bytes = 0;

  constructor(setup: PreparationSetup, clock: Clock) {
    this.#setup = setup;
    const start = () => startThread(ENTRY, { name: 'millrace-prompts', data: setup, maxHeapMb: MAX_HEAP_MB });
    const threads = Array.from(
      { length: THREADS },
      () => new LimitedThread<PromptJob, PromptReply>({ clock, start, limitMs: LIMIT_MS }),
    );
    this.#threads = new FairThreads({ threads, maxWaiting: MAX_WAITING });
  }

  /** Requests whose prompts are made, or wait for that. */
  get pending(): number {
    return this.#threads.pending;
  }

  /** Since it was made. */
  get totals(): PreparationWork {
    return { messages: this.#messages, bytes: this.#bytes };
  }

  /**
   * The prompt as the model reads it. Rejects with `invalid_argument` for one that leaves no room for an answer, where one is asked for, and for what the
   * template refuses; with `cancelled` where `isWanted` says that its request is gone.
   */
  async read(prompt: Prompt, options: PromptOptions, { context, isWanted }: Asker): Promise<MadePrompt> {
    checkPromptSize(prompt, options, this.#setup.limits);
    const limitMs = LIMIT_MS + Math.floor(promptBytes(prompt).byteLength / BYTES_PER_MS);
    const job = { prompt: copy(prompt), options: pick(options) };
    const reply = await this.#threads.run(job, { tenant: context?.ownerId ?? '', limitMs, isWanted });
    if ('work' in reply) {
      this.#messages += reply.work.messages;
      this.#bytes += reply.work.bytes;
    }
    if (!isWanted()) throw new MillraceError('cancelled', 'the request was cancelled');
    return promptOf(reply, job);
  }

  /** Rejects where the template does not take the simplest conversation. */
  async probe(): Promise<void> {
    const job = { prompt: PROBE, options: PROBE_OPTIONS };
    promptOf(await this.#threads.run(job, { tenant: '' }), job);
  }

  close(): Promise<void> {
    return this.#threads.close();
  }
}

/** Throws why there is none. */
function promptOf(reply: PromptReply | ThreadProblem, { prompt }: PromptJob): MadePrompt {
  if ('prompt' in reply) return reply.prompt;
  if ('fault' in reply) throw errorOf(reply.fault);
  throw prompt.kind === 'conversation'
    ? refusedByTemplate(reply.problem)
    : invalidArgument(`the prompt was not read: ${reply.problem}`);
}

/** Of its own, as all of the memory that a view is of would be copied. */
function copy(prompt: Prompt): Prompt {
  switch (prompt.kind) {
    case 'text':
      return { kind: 'text', text: new Uint8Array(prompt.text) };
    case 'tokens':
      return { kind: 'tokens', tokens: new Int32Array(prompt.tokens) };
    case 'conversation':
      return { kind: 'conversation', conversation: new Uint8Array(prompt.conversation) };
    default:
      return prompt satisfies never;
  }
}

/** Plain data only. */
function pick(options: PromptOptions): PromptOptions {
  const { maxTokens, echo, returnTokenIds, addSpecial, parseSpecial, toolChoice, parallelToolCalls } = options;
  const { promptLogprobs, suffix, truncatePromptTokens, dropsTurns } = options;
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
  };
}
