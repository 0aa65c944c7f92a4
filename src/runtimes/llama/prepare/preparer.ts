import { serialize } from 'node:v8';
import { LimitedThreads } from '../../../async/index.js';
import type { Clock, Prompt } from '../../../core/index.js';
import { promptBytes, textPrompt } from '../../../generation/index.js';
import type { BatchItem } from '../../batch.js';
import type { PreparedRequest, Preparer } from '../../preparer.js';
import type { PreparationSetup, PromptJob, PromptReply } from './job.js';
import { checkPromptSize } from './limits.js';
import { LIMIT_MS, promptOf, promptOptions, promptThreadOptions } from './prompt-thread.js';

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
  readonly #threads: LimitedThreads<PromptJob, PromptReply>;
  #messages = 0;
  #bytes = 0;

  constructor(setup: LlamaPreparerSetup) {
    const { library, vocabulary, limits, templates, toolFormat, clock } = setup;
    this.#setup = setup;
    // What a thread is started with is copied: plain data only.
    const options = promptThreadOptions({ library, vocabulary, limits, templates, toolFormat }, clock);
    this.#threads = new LimitedThreads(options, THREADS);
  }

  /** Starts a thread, so that the first request does not wait for one. */
  async start(): Promise<void> {
    await this.#threads.run({ prompt: textPrompt(''), options: promptOptions({ maxTokens: 0 }) });
  }

  /**
   * The value is a serialised `MadePrompt`, the cost its tokens. Rejects with `invalid_argument` for a prompt that leaves no room for an answer,
   * where one is asked for, for one that the template refuses, and for a schema or grammar that cannot be promised.
   */
  async prepare({ generation: request }: BatchItem): Promise<PreparedRequest> {
    if (request === undefined) throw new TypeError('the item has no generation request');
    const { prompt } = request;
    const options = promptOptions(request);
    checkPromptSize(prompt, options, this.#setup.limits);
    const limitMs = LIMIT_MS + Math.floor(promptBytes(prompt).byteLength / BYTES_PER_MS);
    const reply = await this.#threads.run({ prompt: copy(prompt), options }, limitMs);
    if ('work' in reply) {
      this.#messages += reply.work.messages;
      this.#bytes += reply.work.bytes;
    }
    const made = promptOf(reply, prompt);
    return { cost: made.tokens.length, value: serialize(made) };
  }

  statistics(): Readonly<Record<string, number>> {
    return { rendered_messages_total: this.#messages, tokenized_bytes_total: this.#bytes };
  }

  async close(): Promise<void> {
    await this.#threads.close();
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
