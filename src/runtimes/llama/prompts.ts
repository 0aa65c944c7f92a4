import { invalidArgument, MillraceError } from '../../core/index.js';
import type { BatchItem } from '../contract.js';
import type { Answered } from './answer/answer-reader.js';
import { readToolUse } from './answer/tools.js';
import type { LlamaContext } from './library/context.js';
import type { TokenizeOptions, Weights } from './library/weights.js';
import type { GenerationOptions } from './sampling/options.js';
import type { TemplateVariables } from './template/adapt-variables.js';
import type { ChatTemplate } from './template/chat-template.js';
import { firstThatFits, shorterConversations } from './template/drop-turns.js';
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

/** A conversation as the model reads it. */
interface Written {
  readonly text: string;
  readonly tokens: Int32Array;
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
    if (source.kind !== 'chat' && requested.dropsTurns) {
      throw invalidArgument(
        "parameter 'drop_oldest_turns': expected to be left out where the prompt is no conversation",
      );
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
    return tokens.slice(-(most < 0 ? this.#roomFor(maxTokens) : most));
  }

  /** Tokens that a prompt may have where an answer of so many follows. */
  #roomFor(maxTokens: number): number {
    return Math.max(1, this.#setup.context.contextTokens - Math.max(1, maxTokens));
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
    const write = async (said: TemplateVariables) => {
      const text = await template.render(said, use);
      // Most templates write the beginning of the text themselves.
      const read = { addSpecial: !template.beginsText(text), parseSpecial: true };
      return { text, tokens: this.#tokenize(text, requested, read) };
    };
    const { text, tokens } = requested.dropsTurns
      ? await this.#writeWhatFits(variables, requested, write)
      : await write(variables);
    const { reasoning } = template.format;
    const isThinking = reasoning !== undefined && text.trimEnd().endsWith(reasoning.open);
    return { tokens, conversation: { format: template.format, use, isThinking } };
  }

  /** As much of the conversation as there is room for; where not even its last turn fits, that is what is said to be too long. */
  async #writeWhatFits(
    variables: TemplateVariables,
    { maxTokens = 1 }: GenerationOptions,
    write: (said: TemplateVariables) => Promise<Written>,
  ): Promise<Written> {
    const candidates = shorterConversations(variables);
    const made = await firstThatFits(candidates, async (said) => {
      const written = await write(said).catch((error: unknown) => {
        if (error instanceof MillraceError && error.reason === 'context_length_exceeded') return undefined;
        throw error;
      });
      return written !== undefined && written.tokens.length <= this.#roomFor(maxTokens) ? written : undefined;
    });
    return made ?? write(candidates.at(-1) ?? variables);
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
