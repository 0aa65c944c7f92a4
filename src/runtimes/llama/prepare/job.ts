import type { ErrorData, Prompt } from '../../../core/index.js';
import type { ToolUse } from '../../../generation/index.js';
import type { ToolFormatName } from '../answer/formats/names.js';
import type { Pointer } from '../library/functions.js';
import type { GenerationOptions } from '../sampling/options.js';
import type { ChatTemplates } from '../template/find-templates.js';

/** What of a request's options its prompt and its grammar depend on. */
export type PromptOptions = Pick<
  GenerationOptions,
  | 'maxTokens'
  | 'echo'
  | 'returnTokenIds'
  | 'addSpecial'
  | 'parseSpecial'
  | 'toolChoice'
  | 'parallelToolCalls'
  | 'promptLogprobs'
  | 'suffix'
  | 'truncatePromptTokens'
  | 'dropsTurns'
  | 'responseFormat'
>;

/** What a thread makes prompts with. Plain data. */
export interface PreparationSetup {
  /** Path of libllama. */
  readonly library: string;
  readonly vocabulary: Pointer;
  readonly limits: PromptLimits;
  /** undefined = the model takes no conversations. */
  readonly templates: ChatTemplates | undefined;
  /** How the model writes calls of tools. */
  readonly toolFormat: ToolFormatName | 'auto';
}

/** What the size of prompts depends on. */
export interface PromptLimits {
  readonly contextTokens: number;
  /** Bytes of the longest token of the vocabulary. */
  readonly longestPieceBytes: number;
}

/** The prompt of a request before it is read. Plain data. */
export interface PromptJob {
  readonly prompt: Prompt;
  readonly options: PromptOptions;
}

/** What a prompt was read as. Plain data. */
export interface MadePrompt {
  readonly tokens: Int32Array;
  /** What they were made of; '' where no answer contains it. */
  readonly text: string;
  /** undefined = it is a text. */
  readonly conversation:
    | { readonly use: ToolUse | undefined /** See `Answered`. */; readonly isThinking: boolean }
    | undefined;
  /** Of llama.cpp (GBNF), for the whole answer; undefined = any text will do. */
  readonly grammar: string | undefined;
}

/** What making a prompt took, whatever came of it. */
export interface PreparationWork {
  /** Messages that the template has written, those of attempts included. */
  readonly messages: number;
  /** Bytes that were tokenised, or made of tokens. */
  readonly bytes: number;
}

/** What a thread answers. */
export type PromptReply = { readonly work: PreparationWork } & (
  | { readonly prompt: MadePrompt }
  | { readonly fault: ErrorData }
);
