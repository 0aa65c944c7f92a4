import { invalidArgument, type Tensor, typedView } from '../../../core/index.js';
import { textOf } from './text-tensor.js';

/** Many more than any context has room for; it bounds what is told of tokens. */
const MAX_TOKENS = 1_048_576;

/** A text to go on with, as it is or as tokens, or a conversation to answer. */
export type PromptSource =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'tokens'; readonly tokens: Int32Array }
  /** Variables of the template, `messages` among them. */
  | { readonly kind: 'chat'; readonly variables: Readonly<Record<string, unknown>> };

/** What an item asks for: exactly one of `text_input`, `token_ids` and `chat_input`. Throws `invalid_argument` for anything else. */
export function readPrompt(inputs: readonly Tensor[], vocabularySize: number): PromptSource {
  const [input] = inputs;
  if (input === undefined || inputs.length > 1) {
    const got = inputs.length === 0 ? 'none' : inputs.map(({ name }) => `'${name}'`).join(' and ');
    throw invalidArgument(`expected one of the inputs 'text_input', 'token_ids' and 'chat_input', got ${got}`);
  }
  if (input.name === 'text_input') return { kind: 'text', text: textOf(input) };
  if (input.name === 'token_ids') return { kind: 'tokens', tokens: readTokens(input, vocabularySize) };
  return { kind: 'chat', variables: readConversation(textOf(input)) };
}

function readTokens({ data }: Tensor, vocabularySize: number): Int32Array {
  const count = data.byteLength / Int32Array.BYTES_PER_ELEMENT;
  if (count > MAX_TOKENS) {
    throw invalidArgument(`input 'token_ids': expected at most ${MAX_TOKENS} tokens, got ${count}`);
  }
  // A copy: the data may be overwritten once the request has ended, and is held by a slot longer.
  const tokens = Int32Array.from(typedView('INT32', data) as Int32Array);
  const wrong = tokens.find((token) => token < 0 || token >= vocabularySize);
  if (wrong === undefined) return tokens;
  throw invalidArgument(`input 'token_ids': expected tokens from 0 to ${vocabularySize - 1}, got ${wrong}`);
}

function readConversation(json: string): Readonly<Record<string, unknown>> {
  const refuse = (got: string) =>
    invalidArgument(`input 'chat_input': expected JSON of an object with a list 'messages', got ${got}`);
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw refuse('no JSON');
  }
  if (typeof value !== 'object' || value === null || !('messages' in value)) throw refuse('another value');
  const { messages } = value;
  if (!Array.isArray(messages) || messages.length === 0) throw refuse('no messages');
  if (
    messages.every((message) => typeof message === 'object' && message !== null && typeof message.role === 'string')
  ) {
    return value as unknown as Record<string, unknown>;
  }
  throw refuse("a message without a 'role'");
}
