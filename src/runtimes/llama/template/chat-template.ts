import type { RuntimeContext } from '../../runtime-context.js';
import type { Weights } from '../library/weights.js';
import { ChatRenderer } from './renderer.js';

const PROBE = { messages: [{ role: 'user', content: 'Hello' }], add_generation_prompt: true };

/** How a model wants to see conversations. */
export class ChatTemplate {
  readonly #renderer: ChatRenderer;
  readonly #tokens: { readonly bos_token: string; readonly eos_token: string };

  private constructor(renderer: ChatRenderer, weights: Weights) {
    const textOfToken = (token: number | undefined) =>
      token === undefined ? '' : Buffer.from(weights.pieceOf(token, true)).toString();
    this.#renderer = renderer;
    this.#tokens = { bos_token: textOfToken(weights.beginToken), eos_token: textOfToken(weights.endToken) };
  }

  /** undefined where there is no `source`, or one that does not work, which is reported. */
  static async open(
    source: string | undefined,
    weights: Weights,
    { clock, report }: RuntimeContext,
  ): Promise<ChatTemplate | undefined> {
    if (source === undefined) return undefined;
    const template = new ChatTemplate(new ChatRenderer(source, clock), weights);
    try {
      await template.render(PROBE);
      return template;
    } catch (error) {
      report('warn', `the model takes texts only: ${error instanceof Error ? error.message : String(error)}`);
      await template.close();
      return undefined;
    }
  }

  /** The prompt for a conversation. Rejects with `invalid_argument`, and what the template says. */
  render(variables: Readonly<Record<string, unknown>>): Promise<string> {
    return this.#renderer.render({ add_generation_prompt: true, ...variables, ...this.#tokens });
  }

  /** Whether a prompt begins with the token that begins a text. */
  beginsText(prompt: string): boolean {
    return this.#tokens.bos_token !== '' && prompt.startsWith(this.#tokens.bos_token);
  }

  close(): Promise<void> {
    return this.#renderer.close();
  }
}
