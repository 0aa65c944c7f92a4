import { invalidArgument, invalidParameter, MillraceError } from '../../../core/index.js';
import { type Conversation, type Message, readToolUse, type ToolUse } from '../../../generation/index.js';
import { grammarOfAnswer } from '../grammar/answer-grammar.js';
import { structuredOutput } from '../grammar/structured-output.js';
import type { TokenizeOptions, Vocabulary } from '../library/vocabulary.js';
import type { ChatTemplate } from '../template/chat-template.js';
import { Turns } from '../template/drop-turns.js';
import { refusedByTemplate } from '../template/refusal.js';
import { infillPrompt } from '../text/infill-prompt.js';
import { type PromptSource, readPrompt } from '../text/read-prompt.js';
import { fitTurns } from './fit-turns.js';
import type { MadePrompt, PreparationWork, PromptJob, PromptLimits, PromptOptions } from './job.js';
import { checkMessages, checkTextBytes, checkTokensByParts, checkToldTokens, isOnlyRead, tooLong } from './limits.js';

interface PromptMakerSetup {
  readonly vocabulary: Pick<Vocabulary, 'size' | 'tokenize' | 'detokenize' | 'infillTokens'>;
  readonly limits: PromptLimits;
  /** A text says why the model's template is none; undefined = it has none. */
  readonly template: PromptTemplate | string | undefined;
  /** The one for requests that offer tools. Default: `template`. */
  readonly toolTemplate?: PromptTemplate | string | undefined;
}

type PromptTemplate = Pick<ChatTemplate, 'render' | 'beginsText' | 'format'>;

/** A conversation as the model reads it. */
interface Written {
  readonly text: string;
  readonly tokens: Int32Array;
}

/** What a prompt is read as. */
interface ReadSource extends Pick<MadePrompt, 'tokens' | 'conversation'> {
  /** What a template has made of a conversation. */
  readonly written: string | undefined;
}

/** How a conversation is written. */
type Write = (conversation: Conversation) => Written;

const AS_TEXT: TokenizeOptions = { addSpecial: false, parseSpecial: true };

/** Makes prompts of texts, tokens and conversations. */
export class PromptMaker {
  readonly #setup: PromptMakerSetup;
  #messages = 0;
  #bytes = 0;

  constructor(setup: PromptMakerSetup) {
    this.#setup = setup;
  }

  /** What was done since this was asked last. */
  takeWork(): PreparationWork {
    const work = { messages: this.#messages, bytes: this.#bytes };
    this.#messages = 0;
    this.#bytes = 0;
    return work;
  }

  /** Throws `invalid_argument` for a prompt that leaves no room for an answer, where one is asked for, and for a form of it that cannot be promised. */
  make({ prompt, options }: PromptJob): MadePrompt {
    const { vocabulary } = this.#setup;
    const source = readPrompt(prompt, vocabulary.size);
    if (source.kind !== 'conversation') refuseOfConversations(options);
    if (options.suffix !== undefined && source.kind !== 'text') {
      throw invalidParameter('suffix', 'expected to be left out where the prompt is no text');
    }
    const { tokens: all, conversation, written } = this.#readSource(source, options);
    const tokens = this.#truncate(all, options);
    if (!isOnlyRead(options)) this.#checkRoom(tokens.length);
    checkToldTokens(tokens.length, options);
    const isTold = options.echo || options.promptLogprobs !== undefined;
    const isWhole = tokens.length === all.length;
    // What a template has written reads otherwise where its tokens are made text again.
    const known = source.kind === 'text' ? source.text : isOnlyRead(options) ? written : undefined;
    const text = !isTold ? '' : isWhole && known !== undefined ? known : this.#detokenize(tokens);
    return { tokens, text, conversation, grammar: this.#grammarOf(conversation, options) };
  }

  /** Runs in this thread because a caller's patterns and grammars can be slow. */
  #grammarOf(conversation: MadePrompt['conversation'], options: PromptOptions): string | undefined {
    const output = structuredOutput(options.responseFormat);
    if (isOnlyRead(options)) return undefined;
    const template = conversation && this.#templateFor(conversation.use);
    const answered =
      conversation && typeof template === 'object' ? { ...conversation, format: template.format } : undefined;
    return grammarOfAnswer(output, answered);
  }

  #readSource(source: PromptSource, options: PromptOptions): ReadSource {
    if (source.kind === 'conversation') return this.#readConversation(source.conversation, options);
    const { addSpecial, parseSpecial } = options;
    const tokens =
      source.kind === 'tokens' ? source.tokens : this.#tokenize(source.text, options, { addSpecial, parseSpecial });
    return { tokens, conversation: undefined, written: undefined };
  }

  #checkRoom(tokens: number): void {
    const { contextTokens } = this.#setup.limits;
    if (tokens === 0) throw invalidArgument('the prompt is empty');
    if (tokens >= contextTokens) throw tooLong(tokens, contextTokens);
  }

  /** The end of the prompt, where the request allows that. */
  #truncate(tokens: Int32Array, { truncatePromptTokens: most, maxTokens = 1 }: PromptOptions): Int32Array {
    if (most === undefined) return tokens;
    return tokens.slice(-(most < 0 ? this.#roomFor(maxTokens) : most));
  }

  /** Tokens that a prompt may have where an answer of so many follows. */
  #roomFor(maxTokens: number): number {
    return Math.max(1, this.#setup.limits.contextTokens - Math.max(1, maxTokens));
  }

  #readConversation(conversation: Conversation, options: PromptOptions): ReadSource {
    const use = readToolUse(conversation.tools, options.toolChoice, options.parallelToolCalls);
    const template = this.#templateFor(use);
    if (template === undefined) throw invalidArgument('the model has no chat template, so it takes texts only');
    if (typeof template === 'string') throw refusedByTemplate(template);
    const write: Write = (said) => {
      this.#messages += said.messages.length;
      const text = template.render(said, use);
      // Most templates write the beginning of the text themselves.
      const read = { addSpecial: !template.beginsText(text), parseSpecial: true };
      return { text, tokens: this.#tokenize(text, options, read) };
    };
    const { text, tokens } = options.dropsTurns
      ? this.#writeWhatFits(new Turns(conversation), options, write)
      : this.#writeAll(conversation, options, write);
    const { reasoning } = template.format;
    const isThinking = reasoning !== undefined && text.trimEnd().endsWith(reasoning.open);
    return { tokens, conversation: { use, isThinking }, written: text };
  }

  #templateFor(use: ToolUse | undefined): PromptMakerSetup['template'] {
    const { template, toolTemplate } = this.#setup;
    return use === undefined || template === undefined ? template : (toolTemplate ?? template);
  }

  #writeAll(conversation: Conversation, options: PromptOptions, write: Write): Written {
    if (!isOnlyRead(options)) checkMessages(conversation.messages.length, this.#setup.limits);
    return write(conversation);
  }

  /** As much of the conversation as there is room for; where not even its last turn fits, that is what is said to be too long. */
  #writeWhatFits(turns: Turns, { maxTokens = 1 }: PromptOptions, write: Write): Written {
    const room = this.#roomFor(maxTokens);
    const fitting = fitTurns(turns, {
      room,
      write: (dropped) => {
        const written = orTooLong(() => write(turns.without(dropped)));
        return written !== undefined && written.tokens.length <= room ? written : undefined;
      },
      countContent: (message, left) => this.#countContent(message, left),
    });
    return fitting ?? write(turns.without(turns.count - 1));
  }

  #countContent({ content }: Message, left: number): number {
    const text = typeof content === 'string' ? content : JSON.stringify(content ?? '');
    const bytes = Buffer.byteLength(text);
    const atLeast = Math.ceil(bytes / this.#setup.limits.longestPieceBytes);
    return atLeast > left ? atLeast : this.#countedTokenize(text, bytes, AS_TEXT).length;
  }

  #tokenize(text: string, options: PromptOptions, read: TokenizeOptions): Int32Array {
    const { vocabulary, limits } = this.#setup;
    const { suffix } = options;
    const bytes = Buffer.byteLength(text) + Buffer.byteLength(suffix ?? '');
    checkTextBytes(bytes, options, limits);
    const count = (part: string) =>
      this.#countedTokenize(part, Buffer.byteLength(part), { ...read, addSpecial: false }).length;
    for (const each of [text, suffix ?? '']) checkTokensByParts(each, { options, limits, count });
    if (suffix === undefined) return this.#countedTokenize(text, bytes, read);
    this.#bytes += bytes;
    return infillPrompt(vocabulary, { before: text, suffix, read });
  }

  #countedTokenize(text: string, bytes: number, read: TokenizeOptions): Int32Array {
    this.#bytes += bytes;
    return this.#setup.vocabulary.tokenize(text, read);
  }

  #detokenize(tokens: Int32Array): string {
    const text = this.#setup.vocabulary.detokenize(tokens);
    this.#bytes += Buffer.byteLength(text);
    return text;
  }
}

function refuseOfConversations({ toolChoice, dropsTurns }: PromptOptions): void {
  const refuse = (name: string) =>
    invalidParameter(name, 'expected to be left out where the prompt is no conversation');
  if (toolChoice !== undefined) throw refuse('tool_choice');
  if (dropsTurns) throw refuse('drop_oldest_turns');
}

/** undefined = what is made is known to be too long before it is made. */
function orTooLong<Made>(make: () => Made): Made | undefined {
  try {
    return make();
  } catch (error) {
    if (error instanceof MillraceError && error.reason === 'context_length_exceeded') return undefined;
    throw error;
  }
}
