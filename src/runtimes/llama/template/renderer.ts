import { Worker } from 'node:worker_threads';
import { type Clock, invalidArgument, type MillraceError, type Timer } from '../../../core/index.js';

/** What a template makes of a conversation may be no longer. */
export const MAX_PROMPT_CHARACTERS = 16_777_216;
/** Templates take a millisecond; one that loops is ended. */
const LIMIT_MS = 2_000;
/** The thread's heap. */
const MAX_HEAP_MB = 256;
const ENTRY = import.meta.url.endsWith('.ts')
  ? new URL('../../../../dist/runtimes/llama/template/thread.js', import.meta.url)
  : new URL('./thread.js', import.meta.url);

/** What the thread says of a conversation. */
export type RenderReply = { readonly text: string } | { readonly problem: string };

interface Job {
  readonly variables: Readonly<Record<string, unknown>>;
  readonly settle: (reply: RenderReply) => void;
}

/**
 * Makes prompts of conversations by the Jinja template that a model brings along, in a thread, one after the other: the template is a
 * program of a stranger's, and may loop or grow without end.
 */
export class ChatRenderer {
  readonly #template: string;
  readonly #clock: Clock;
  readonly #waiting: Job[] = [];
  #running: Job | undefined;
  #thread: Worker | undefined;
  #limit: Timer | undefined;
  /** The thread has started. */
  #isOnline = false;

  constructor(template: string, clock: Clock) {
    this.#template = template;
    this.#clock = clock;
  }

  /** The prompt. Rejects with `invalid_argument` where the template refuses the conversation, fails or takes too long. */
  async render(variables: Readonly<Record<string, unknown>>): Promise<string> {
    const reply = await new Promise<RenderReply>((settle) => {
      this.#waiting.push({ variables, settle });
      this.#next();
    });
    if ('text' in reply) return reply.text;
    throw templateProblem(reply.problem);
  }

  async close(): Promise<void> {
    const refused = this.#waiting.splice(0);
    if (this.#running !== undefined) refused.push(this.#running);
    this.#running = undefined;
    for (const { settle } of refused) settle({ problem: 'the model is being closed' });
    await this.#stop();
  }

  #next(): void {
    if (this.#running !== undefined) return;
    const job = this.#waiting.shift();
    if (job === undefined) return;
    this.#running = job;
    this.#thread ??= this.#start();
    if (this.#isOnline) this.#limitRun();
    this.#thread.postMessage(job.variables);
  }

  #limitRun(): void {
    this.#limit = this.#clock.setTimer(LIMIT_MS, () => {
      void this.#stop();
      this.#settle({ problem: `it takes longer than ${LIMIT_MS} ms` });
    });
  }

  #start(): Worker {
    this.#isOnline = false;
    const thread = new Worker(ENTRY, {
      name: 'millrace-template',
      workerData: this.#template,
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
    });
    thread.unref();
    let problem = 'its thread ended';
    thread.once('online', () => {
      if (this.#thread !== thread) return;
      this.#isOnline = true;
      // How long a busy machine takes to start it says nothing of the template.
      if (this.#running !== undefined) this.#limitRun();
    });
    thread.on('message', (reply: RenderReply) => this.#settle(reply));
    thread.on('error', (error) => {
      problem = error.message;
    });
    thread.on('exit', () => {
      if (this.#thread !== thread) return;
      this.#thread = undefined;
      this.#settle({ problem });
    });
    return thread;
  }

  async #stop(): Promise<void> {
    const thread = this.#thread;
    this.#thread = undefined;
    await thread?.terminate();
  }

  #settle(reply: RenderReply): void {
    this.#limit?.clear();
    const running = this.#running;
    this.#running = undefined;
    running?.settle(reply);
    this.#next();
  }
}

function templateProblem(problem: string): MillraceError {
  return invalidArgument(`the chat template of the model does not take these messages: ${problem}`);
}
