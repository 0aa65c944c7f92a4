import { serialize } from 'node:v8';
import type { Clock, Prompt } from '../../../core/index.js';
import { promptBytes, textPrompt } from '../../../generation/index.js';
import type { BatchItem, PreparedRequest, Preparer } from '../../contract.js';
import type { PreparationSetup } from './job.js';
import { checkPromptSize } from './limits.js';
import { createPromptThread, LIMIT_MS, type PromptThread, promptOf, promptOptions } from './prompt-thread.js';

/** Texts take a millisecond for 500 bytes at worst. */
const BYTES_PER_MS = 256;
/** Two callers at a time: the server lets none of them have both, where they are known. */
const THREADS = 2;

interface LlamaPreparerSetup extends PreparationSetup {
  readonly clock: Clock;
  /** Releases the vocabulary. */
  readonly free: () => void;
}

/** Renders conversations and tokenises, in threads: a job that exceeds its time or its heap is ended. */
export class LlamaPreparer implements Preparer {
  readonly description = {
    concurrency: THREADS,
    wantsContext: false,
    statistics: [
      { name: 'rendered_messages_total', help: 'Messages that the chat template has written into prompts.' },
      { name: 'tokenized_bytes_total', help: 'Bytes of text that were tokenised, or made of tokens.' },
    ],
  };
  readonly #setup: LlamaPreparerSetup;
  readonly #threads: readonly PromptThread[];
  readonly #free: PromptThread[];
  readonly #waiting: ((thread: PromptThread) => void)[] = [];
  #messages = 0;
  #bytes = 0;

  constructor(setup: LlamaPreparerSetup) {
    const { library, vocabulary, limits, template, clock } = setup;
    this.#setup = setup;
    // What a thread is started with is copied: plain data only.
    this.#threads = Array.from({ length: THREADS }, () =>
      createPromptThread({ library, vocabulary, limits, template }, clock),
    );
    this.#free = [...this.#threads];
  }

  /** Starts a thread, so that the first request does not wait for one. */
  async start(): Promise<void> {
    await this.#threads[0]?.run({ prompt: textPrompt(''), options: promptOptions({ maxTokens: 0 }) });
  }

  /**
   * The value is a serialised `MadePrompt`, the cost its tokens. Rejects with `invalid_argument` for a prompt that leaves no room for an answer,
   * where one is asked for, and for one that the template refuses.
   */
  async prepare({ generation: request }: BatchItem): Promise<PreparedRequest> {
    if (request === undefined) throw new TypeError('the item has no generation request');
    const { prompt } = request;
    const options = promptOptions(request);
    checkPromptSize(prompt, options, this.#setup.limits);
    const limitMs = LIMIT_MS + Math.floor(promptBytes(prompt).byteLength / BYTES_PER_MS);
    const thread = await this.#take();
    try {
      const reply = await thread.run({ prompt: copy(prompt), options }, limitMs);
      if ('work' in reply) {
        this.#messages += reply.work.messages;
        this.#bytes += reply.work.bytes;
      }
      const made = promptOf(reply, prompt);
      return { cost: made.tokens.length, value: serialize(made) };
    } finally {
      // Native code of a job that exceeded its limit cannot be interrupted.
      void thread.ready().then(() => this.#release(thread));
    }
  }

  #take(): Promise<PromptThread> {
    const thread = this.#free.shift();
    return thread === undefined ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve(thread);
  }

  #release(thread: PromptThread): void {
    const next = this.#waiting.shift();
    // In front: a thread that has not started yet stays so as long as possible.
    if (next === undefined) this.#free.unshift(thread);
    else next(thread);
  }

  statistics(): Readonly<Record<string, number>> {
    return { rendered_messages_total: this.#messages, tokenized_bytes_total: this.#bytes };
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()));
    this.#setup.free();
  }
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
