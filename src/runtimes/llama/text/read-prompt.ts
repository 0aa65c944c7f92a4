import { invalidArgument, type Prompt } from '../../../core/index.js';
import { type Conversation, decodeText, unpackConversation } from '../../../generation/index.js';

/** Many more than any context has room for; it bounds what is told of tokens. */
const MAX_TOKENS = 1_048_576;

/** A text to go on with, as it is or as tokens, or a conversation to answer. */
export type PromptSource =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'tokens'; readonly tokens: Int32Array }
  | { readonly kind: 'conversation'; readonly conversation: Conversation };

/** Reads a prompt. Throws `invalid_argument` for what is no text, no conversation, or tokens that the vocabulary does not have. */
export function readPrompt(prompt: Prompt, vocabularySize: number): PromptSource {
  switch (prompt.kind) {
    case 'text':
      return { kind: 'text', text: decodeText('text_input', prompt.text) };
    case 'tokens':
      return { kind: 'tokens', tokens: readTokens(prompt.tokens, vocabularySize) };
    case 'conversation':
      return { kind: 'conversation', conversation: unpackConversation(prompt.conversation) };
    default:
      return prompt satisfies never;
  }
}

function readTokens(tokens: Int32Array, vocabularySize: number): Int32Array {
  if (tokens.length > MAX_TOKENS) {
    throw invalidArgument(`input 'token_ids': expected at most ${MAX_TOKENS} tokens, got ${tokens.length}`);
  }
  const wrong = tokens.find((token) => token < 0 || token >= vocabularySize);
  if (wrong === undefined) return tokens;
  throw invalidArgument(`input 'token_ids': expected tokens from 0 to ${vocabularySize - 1}, got ${wrong}`);
}
