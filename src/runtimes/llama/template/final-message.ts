import { invalidParameter } from '../../../core/index.js';
import type { Message } from '../../../generation/index.js';
import { refusedByTemplate } from './refusal.js';

/**
 * A prompt up to the end of the last message, so that the answer goes on with it. White space at the end of the message stays where the template
 * keeps it, as transformers does (`continue_final_message`). Throws `invalid_argument` for a message without text, or one that the template
 * writes otherwise.
 */
export function untilFinalMessage(prompt: string, messages: readonly Message[]): string {
  const text = textOf(messages.at(-1));
  const trimmed = text.trim();
  if (trimmed === '') throw invalidParameter('continue_final_message', 'expected the last message to have a text');
  const at = prompt.lastIndexOf(trimmed);
  if (at < 0) throw refusedByTemplate('it does not write the last message as it is, so no answer can go on with it');
  const kept = text.trimStart();
  return prompt.slice(0, at + (prompt.startsWith(kept, at) ? kept : trimmed).length);
}

function textOf(message: Message | undefined): string {
  const content = message?.content ?? '';
  return typeof content === 'string' ? content : content.map(({ text }) => text).join('');
}
