import type { Prompt } from '../core/index.js';
import { type Conversation, packConversation } from './conversation.js';

/** Of a request whose prompt a preparer has read. */
export const EMPTY_PROMPT: Prompt = { kind: 'tokens', tokens: new Int32Array() };

/** A text to go on with. */
export function textPrompt(text: string): Prompt {
  return { kind: 'text', text: Buffer.from(text) };
}

/** Tokens to go on with, each from 0 to 2^31 - 1. */
export function tokensPrompt(tokens: readonly number[]): Prompt {
  return { kind: 'tokens', tokens: Int32Array.from(tokens) };
}

/** A conversation to answer. */
export function conversationPrompt(conversation: Conversation): Prompt {
  return { kind: 'conversation', conversation: packConversation(conversation) };
}

/** The bytes of a prompt. */
export function promptBytes(prompt: Prompt): Uint8Array {
  switch (prompt.kind) {
    case 'text':
      return prompt.text;
    case 'tokens': {
      const { buffer, byteOffset, byteLength } = prompt.tokens;
      return new Uint8Array(buffer, byteOffset, byteLength);
    }
    case 'conversation':
      return prompt.conversation;
    default:
      return prompt satisfies never;
  }
}
