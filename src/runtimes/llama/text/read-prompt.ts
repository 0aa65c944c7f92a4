import { invalidArgument, type Tensor } from '../../../core/index.js';
import { textOf } from './text-tensor.js';

/** A text to go on with, or a conversation to answer. */
export type PromptSource =
  | { readonly kind: 'text'; readonly text: string }
  /** Variables of the template, `messages` among them. */
  | { readonly kind: 'chat'; readonly variables: Readonly<Record<string, unknown>> };

/** What an item asks for: exactly one of `text_input` and `chat_input`. Throws `invalid_argument` for anything else. */
export function readPrompt(inputs: readonly Tensor[]): PromptSource {
  const [input, another] = inputs;
  if (input === undefined || another !== undefined) {
    const got = inputs.length === 0 ? 'none' : 'both';
    throw invalidArgument(`expected one of the inputs 'text_input' and 'chat_input', got ${got}`);
  }
  if (input.name === 'text_input') return { kind: 'text', text: textOf(input) };
  return { kind: 'chat', variables: readConversation(textOf(input)) };
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
