import { invalidArgument } from '../core/index.js';

/**
 * A conversation as chat templates read it, in Hugging Face's form: that of OpenAI's chat completions, but for the arguments of calls, which are
 * objects. Members that are not listed here are further variables of the template.
 */
export interface Conversation {
  /** At least one. */
  readonly messages: readonly Message[];
  /** Functions that the model may call; up to 128. */
  readonly tools?: readonly Tool[];
  /** How long the model thinks, where it can. */
  readonly reasoning_effort?: ReasoningEffort;
  /** Ends the prompt with the beginning of an answer. Default: true. */
  readonly add_generation_prompt?: boolean;
  /** The answer goes on with the last message, as if the model had begun it. Default: false. */
  readonly continue_final_message?: boolean;
  readonly [variable: string]: unknown;
}

/** One turn. */
export interface Message {
  /** `system`, `user`, `assistant` or `tool`; templates may know others. */
  readonly role: string;
  readonly content: string | readonly MessagePart[];
  /** Of a result: the function that was called. */
  readonly name?: string;
  /** What the model thought before it answered. */
  readonly reasoning_content?: string;
  readonly tool_calls?: readonly ToolCall[];
  /** Of a result: the call. */
  readonly tool_call_id?: string;
}

/** A part of what a message says. */
export interface MessagePart {
  readonly type: 'text';
  readonly text: string;
}

/** A call of a tool that the model has made. */
export interface ToolCall {
  readonly id: string;
  readonly type: 'function';
  readonly function: { readonly name: string; readonly arguments: object };
}

/** A function that may be called. */
export interface Tool {
  readonly type: 'function';
  readonly function: {
    /** 1 to 64 letters, digits, _ and -. */
    readonly name: string;
    readonly description?: string;
    /** JSON schema of its arguments. Default: any object. */
    readonly parameters?: object;
    /** Arguments that the schema does not allow do not come. Default: false. */
    readonly strict?: boolean;
  };
}

export const REASONING_EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh'] as const;
export type ReasoningEffort = (typeof REASONING_EFFORTS)[number];

const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** A conversation as it travels: read again by the runtime only, outside of event loops. */
export function packConversation(conversation: Conversation): Uint8Array {
  return Buffer.from(JSON.stringify(conversation));
}

/** Reads what {@link packConversation} packed, or a caller has sent as `chat_input`. Throws `invalid_argument`. */
export function unpackConversation(packed: Uint8Array): Conversation {
  const refuse = (got: string) =>
    invalidArgument(`input 'chat_input': expected JSON of an object with a list 'messages', got ${got}`);
  const json = decodeText('chat_input', packed);
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw refuse('no JSON');
  }
  if (typeof value !== 'object' || value === null || !('messages' in value)) throw refuse('another value');
  const { messages } = value;
  if (!Array.isArray(messages) || messages.length === 0) throw refuse('no messages');
  const isMessage = (message: unknown) =>
    typeof message === 'object' && message !== null && 'role' in message && typeof message.role === 'string';
  if (messages.every(isMessage)) return value as unknown as Conversation;
  throw refuse("a message without a 'role'");
}

/** The text of an input. Throws `invalid_argument` where it is not UTF-8. */
export function decodeText(input: string, bytes: Uint8Array): string {
  try {
    return UTF8.decode(bytes);
  } catch {
    throw invalidArgument(`input '${input}' is not UTF-8 text`);
  }
}
