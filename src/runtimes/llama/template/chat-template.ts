import { Template } from '@huggingface/jinja';
import { messageOf } from '../../../core/index.js';
import type { Conversation, ToolUse } from '../../../generation/index.js';
import { type AnswerFormat, formatOf } from '../answer/answer-format.js';
import type { Vocabulary } from '../library/vocabulary.js';
import { adaptVariables } from './adapt-variables.js';
import { untilFinalMessage } from './final-message.js';
import { refusedByTemplate } from './refusal.js';

/** What a template makes of a conversation may be no longer. */
const MAX_PROMPT_CHARACTERS = 16_777_216;

/** The Jinja template by which a model wants to see conversations: a stranger's program, which runs in a thread of its own. */
export class ChatTemplate {
  /** How the model answers. */
  readonly format: AnswerFormat;
  readonly #source: string;
  readonly #template: Template;
  readonly #tokens: { readonly bos_token: string; readonly eos_token: string };

  /** Throws what is wrong with `source`. */
  constructor(source: string, vocabulary: Vocabulary) {
    const textOfToken = (token: number | undefined) =>
      token === undefined ? '' : Buffer.from(vocabulary.pieceOf(token, true)).toString();
    this.#source = source;
    this.#template = new Template(source);
    this.format = formatOf(source);
    this.#tokens = { bos_token: textOfToken(vocabulary.beginToken), eos_token: textOfToken(vocabulary.endToken) };
  }

  /** The prompt for a conversation, with the tools that may be called. Throws `invalid_argument`, and what the template says. */
  render(conversation: Conversation, use?: ToolUse): string {
    const { continue_final_message: goesOn = false, ...said } = conversation;
    const adapted = adaptVariables(said, { source: this.#source, format: this.format, use });
    let text: string;
    try {
      text = this.#template.render({ add_generation_prompt: !goesOn, ...adapted, ...this.#tokens });
    } catch (error) {
      throw refusedByTemplate(messageOf(error));
    }
    if (goesOn) text = untilFinalMessage(text, conversation.messages);
    if (text.length <= MAX_PROMPT_CHARACTERS) return text;
    throw refusedByTemplate(
      `it makes a prompt of ${text.length} characters; at most ${MAX_PROMPT_CHARACTERS} are supported`,
    );
  }

  /** Whether a prompt begins with the token that begins a text. */
  beginsText(prompt: string): boolean {
    return this.#tokens.bos_token !== '' && prompt.startsWith(this.#tokens.bos_token);
  }
}
