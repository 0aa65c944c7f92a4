import type { RuntimeContext } from '../../runtime-context.js';
import { type AnswerFormat, formatOf } from '../answer/answer-format.js';
import type { ToolUse } from '../answer/tools.js';
import type { Weights } from '../library/weights.js';
import { adaptVariables, type TemplateVariables } from './adapt-variables.js';
import { ChatRenderer } from './renderer.js';

const PROBE = { messages: [{ role: 'user', content: 'Hello' }], add_generation_prompt: true };

/** How a model wants to see conversations. */
export class ChatTemplate {
  /** How the model answers. */
  readonly format: AnswerFormat;
  /** Tokens of markers in answers that llama.cpp does not write as text by itself. */
  readonly markers: ReadonlySet<number>;
  readonly #source: string;
  readonly #renderer: ChatRenderer;
  readonly #tokens: { readonly bos_token: string; readonly eos_token: string };

  private constructor(source: string, renderer: ChatRenderer, weights: Weights) {
    const textOfToken = (token: number | undefined) =>
      token === undefined ? '' : Buffer.from(weights.pieceOf(token, true)).toString();
    this.#source = source;
    this.#renderer = renderer;
    this.format = formatOf(source);
    this.markers = new Set(markersOf(this.format).flatMap((marker) => tokenOf(marker, weights) ?? []));
    this.#tokens = { bos_token: textOfToken(weights.beginToken), eos_token: textOfToken(weights.endToken) };
  }

  /** undefined where there is no `source`, or one that does not work, which is reported. */
  static async open(
    source: string | undefined,
    weights: Weights,
    { clock, report }: RuntimeContext,
  ): Promise<ChatTemplate | undefined> {
    if (source === undefined) return undefined;
    const template = new ChatTemplate(source, new ChatRenderer(source, clock), weights);
    try {
      await template.render(PROBE);
      return template;
    } catch (error) {
      report('warn', `the model takes texts only: ${error instanceof Error ? error.message : String(error)}`);
      await template.close();
      return undefined;
    }
  }

  /** The prompt for a conversation, with the tools that may be called. Rejects with `invalid_argument`, and what the template says. */
  async render(variables: TemplateVariables, use?: ToolUse): Promise<string> {
    const adapted = adaptVariables(variables, { source: this.#source, format: this.format, use });
    return this.#renderer.render({ add_generation_prompt: true, ...adapted, ...this.#tokens });
  }

  /** Whether a prompt begins with the token that begins a text. */
  beginsText(prompt: string): boolean {
    return this.#tokens.bos_token !== '' && prompt.startsWith(this.#tokens.bos_token);
  }

  close(): Promise<void> {
    return this.#renderer.close();
  }
}

function markersOf({ calls, reasoning }: AnswerFormat): readonly string[] {
  const opening = calls.open === undefined ? [] : [calls.open];
  const named = calls.style === 'named' ? ['[ARGS]', '[CALL_ID]'] : [];
  return [...opening, ...named, ...(reasoning === undefined ? [] : [reasoning.open, reasoning.close])];
}

/** The token that stands for a marker, where there is one. */
function tokenOf(marker: string, weights: Weights): number | undefined {
  const [token, second] = weights.tokenize(marker, { addSpecial: false, parseSpecial: true });
  return second === undefined ? token : undefined;
}
