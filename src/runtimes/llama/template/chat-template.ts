import { messageOf } from '../../../core/index.js';
import type { Conversation, ToolUse } from '../../../generation/index.js';
import { type AnswerFormat, formatOf } from '../answer/answer-format.js';
import type { ToolFormatName } from '../answer/formats/names.js';
import type { Vocabulary } from '../library/vocabulary.js';
import { adaptVariables, type TemplateVariables } from './adapt-variables.js';
import { untilFinalMessage } from './final-message.js';
import { JinjaTemplate } from './jinja/template.js';
import { refusedByTemplate } from './refusal.js';

/** Templates are written for transformers, which always sets these. */
const DEFAULTS = { tools: null, documents: null } as const;

interface TemplateOptions {
  /** As `formatOf` takes it. */
  readonly toolFormat?: ToolFormatName | 'auto';
  /** The time that the template sees. */
  readonly now?: () => Date;
}

/** The Jinja template by which a model wants to see conversations: a stranger's program, which runs in a thread of its own. */
export class ChatTemplate {
  /** How the model answers. */
  readonly format: AnswerFormat;
  readonly #source: string;
  readonly #template: JinjaTemplate;
  readonly #tokens: { readonly bos_token: string; readonly eos_token: string };

  readonly #now: () => Date;

  /** Throws what is wrong with `source`. */
  constructor(
    source: string,
    vocabulary: Pick<Vocabulary, 'pieceOf' | 'beginToken' | 'endToken'>,
    { toolFormat = 'auto', now = () => new Date() }: TemplateOptions = {},
  ) {
    const textOfToken = (token: number | undefined) =>
      token === undefined ? '' : Buffer.from(vocabulary.pieceOf(token, true)).toString();
    this.#source = source;
    this.#now = now;
    this.#template = new JinjaTemplate(source);
    this.format = formatOf(source, toolFormat);
    this.#tokens = { bos_token: textOfToken(vocabulary.beginToken), eos_token: textOfToken(vocabulary.endToken) };
  }

  /** The prompt for a conversation, with the tools that may be called. Throws `invalid_argument`, and what the template says. */
  render(conversation: Conversation, use?: ToolUse): string {
    let text: string;
    try {
      text = this.#template.render(this.variables(conversation, use), this.#now);
    } catch (error) {
      throw refusedByTemplate(messageOf(error));
    }
    return conversation.continue_final_message === true ? untilFinalMessage(text, conversation.messages) : text;
  }

  /** What the template is given of a conversation. */
  variables(conversation: Conversation, use?: ToolUse): TemplateVariables {
    const { continue_final_message: goesOn = false, ...said } = conversation;
    const adapted = adaptVariables(said, { source: this.#source, format: this.format, use });
    return { ...DEFAULTS, add_generation_prompt: !goesOn, ...adapted, ...this.#tokens };
  }

  /** Whether a prompt begins with the token that begins a text. */
  beginsText(prompt: string): boolean {
    return this.#tokens.bos_token !== '' && prompt.startsWith(this.#tokens.bos_token);
  }
}
