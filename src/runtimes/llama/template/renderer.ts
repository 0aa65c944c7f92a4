import { type Clock, invalidArgument } from '../../../core/index.js';
import { LimitedThread, startThread } from '../../../threads/index.js';

/** What a template makes of a conversation may be no longer. */
export const MAX_PROMPT_CHARACTERS = 16_777_216;
/** Templates take a millisecond; one that loops is ended. */
const LIMIT_MS = 2_000;
const MAX_HEAP_MB = 256;
const ENTRY = new URL('./thread.js', import.meta.url).href;

/** What the thread says of a conversation. */
export type RenderReply = { readonly text: string } | { readonly problem: string };

type Variables = Readonly<Record<string, unknown>>;

/**
 * Makes prompts of conversations by the Jinja template that a model brings along, in a thread: the template is a program of a
 * stranger's.
 */
export class ChatRenderer {
  readonly #thread: LimitedThread<Variables, RenderReply>;

  constructor(template: string, clock: Clock) {
    const start = () => startThread(ENTRY, { name: 'millrace-template', data: template, maxHeapMb: MAX_HEAP_MB });
    this.#thread = new LimitedThread({ clock, start, limitMs: LIMIT_MS });
  }

  /** The prompt. Rejects with `invalid_argument` where the template refuses the conversation, fails or takes too long. */
  async render(variables: Variables): Promise<string> {
    const reply = await this.#thread.run(variables);
    if ('text' in reply) return reply.text;
    throw invalidArgument(`the chat template of the model does not take these messages: ${reply.problem}`);
  }

  close(): Promise<void> {
    return this.#thread.close();
  }
}
