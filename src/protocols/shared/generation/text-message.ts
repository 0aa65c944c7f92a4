import type { Message } from '../../../generation/index.js';

/** A turn of the conversation: parts of texts are one text. */
export interface TextMessage extends Message {
  readonly content: string;
}

/** Some templates want to know whose result a message is, which dialects' messages say by the id of the call only. */
export function nameResults(messages: readonly TextMessage[]): readonly TextMessage[] {
  const names = new Map<string, string>();
  return messages.map((message) => {
    for (const { id, function: called } of message.tool_calls ?? []) names.set(id, called.name);
    const name = message.name ?? names.get(message.tool_call_id ?? '');
    return name === undefined ? message : { ...message, name };
  });
}
