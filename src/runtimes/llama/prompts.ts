import { invalidArgument, type MillraceError } from '../../core/index.js';
import type { BatchItem } from '../contract.js';
import type { Answered } from './answer/answer-reader.js';
import { readToolUse } from './answer/tools.js';
import type { LlamaContext } from './library/context.js';
import type { TokenizeOptions, Weights } from './library/weights.js';
import type { GenerationOptions } from './sampling/options.js';
import type { ChatTemplate } from './template/chat-template.js';
import { infillPrompt } from './text/infill-prompt.js';
import { type PromptSource, readPrompt } from './text/read-prompt.js';

/** Longer texts would hold up the runner while they are tokenised. */
const MAX_TEXT_BYTES = 4_194_304;

/** What is to be gone on with, or answered. */
export interface Prompt {
  readonly tokens: Int32Array;
  /** What they were made of; '' where nobody asks for that. */
  readonly text: string;
  /** undefined = it is a text. */
  readonly conversation: Answered | undefined;
}

/** By what prompts are read. */
interface PromptSetup {
  readonly weights: Weights;
  readonly context: LlamaContext;
  readonly template: ChatTemplate | undefined;
}

type ChatSource = Extract<PromptSource, { readonly kind: 'chat' }>;

/** Reads the prompts of requests: texts, tokens, and conversations. */
export class Prompts {
  readonly #setup: PromptSetup;

  constructor(setup: PromptSetup) {
    this.#setup = setup;
  }

  /** Throws `invalid_argument` for a prompt that leaves no room for an answer, where one is asked for. */
  async read({ inputs }: BatchItem, requested: GenerationOptions): Promise<Prompt> {
    const { weights, context } = this.#setup;
    const source = readPrompt(inputs, weights.vocabularySize);
    if (source.kind !== 'chat' && requested.toolChoice !== undefined) {
      throw invalidArgument("parameter 'tool_choice': expected to be left out where the prompt is no conversation");
    }
    if (requested.suffix !== undefined && source.kind !== 'text') {
      throw invalidArgument("parameter 'suffix': expected to be left out where the prompt is no text");
    }
    const { tokens: all, conversation } = await this.#readSource(source, requested);
    const tokens = this.#truncate(all, requested);
    const isTold = requested.echo || requested.promptLogprobs !== undefined;
    const isWhole = source.kind === 'text' && tokens.length === all.length;
    const text = isWhole ? source.text : isTold ? weights.detokenize(tokens) : '';
    const prompt = { tokens, text, conversation };
    if (requested.maxTokens === 0 && requested.promptLogprobs === undefined) return prompt;
    if (tokens.length === 0) throw invalidArgument('the prompt is empty');
    if (tokens.length >= context.contextTokens) throw tooLong(tokens.length, context.contextTokens);
    return prompt;
  }

  /** The end of the prompt, where the request allows that. */
  #truncate(tokens: Int32Array, { truncatePromptTokens: most, maxTokens = 1 }: GenerationOptions): Int32Array {
    if (most === undefined) return tokens;
    const room = Math.max(1, this.#setup.context.contextTokens - Math.max(1, maxTokens));
    return tokens.slice(-(most < 0 ? room : most));
  }

  async #readSource(source: PromptSource, requested: GenerationOptions): Promise<Omit<Prompt, 'text'>> {
    if (source.kind === 'chat') return this.#readConversation(source, requested);
    const { addSpecial, parseSpecial } = requested;
    const tokens =
      source.kind === 'tokens' ? source.tokens : this.#tokenize(source.text, requested, { addSpecial, parseSpecial });
    return { tokens, conversation: undefined };
  }

  async #readConversation({ variables }: ChatSource, requested: GenerationOptions): Promise<Omit<Prompt, 'text'>> {
    const { template } = this.#setup;
    if (template === undefined) throw invalidArgument('the model has no chat template, so it takes texts only');
    const use = readToolUse(variables.tools, requested.toolChoice, requested.parallelToolCalls);
    const text = await template.render(variables, use);
    const { format } = template;
    return {
      // Most templates write the beginning of the text themselves.
      tokens: this.#tokenize(text, requested, { addSpecial: !template.beginsText(text), parseSpecial: true }),
      conversation: {
        format,
        use,
        isThinking: format.reasoning !== undefined && text.trimEnd().endsWith(format.reasoning.open),
      },
    };
  }

  #tokenize(text: string, requested: GenerationOptions, read: TokenizeOptions): Int32Array {
    const { maxTokens, suffix, truncatePromptTokens } = requested;
    const { weights, context } = this.#setup;
    // What cannot fit is not tokenised first, which takes a second for a few megabytes.
    const bytes = Buffer.byteLength(text) + Buffer.byteLength(suffix ?? '');
    const atLeast = Math.ceil(bytes / weights.longestPieceBytes);
    if (maxTokens !== 0 && truncatePromptTokens === undefined && atLeast >= context.contextTokens)
      throw tooLong(`at least ${atLeast}`, context.contextTokens);
    if (bytes > MAX_TEXT_BYTES)
      throw invalidArgument(`the prompt has ${bytes} bytes; at most ${MAX_TEXT_BYTES} are tokenised`);
    return suffix === undefined ? weights.tokenize(text, read) : infillPrompt(weights, { before: text, suffix, read });
  }
}

function tooLong(tokens: number | string, contextTokens: number): MillraceError {
  return invalidArgument(
    `the prompt is too long: it has ${tokens} tokens; the model's context of ${contextTokens} tokens has room for ${contextTokens - 1} and an answer`,
    { reason: 'context_length_exceeded' },
  );
}
