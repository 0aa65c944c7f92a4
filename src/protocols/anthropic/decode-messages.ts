import type { ToolCall } from '../../generation/index.js';
import type { Fields } from '../shared/generation/fields.js';
import { ParameterError } from '../shared/generation/parameter-error.js';
import { nameResults, type TextMessage } from '../shared/generation/text-message.js';
import { type Block, readBlocks, readTexts } from './decode-block.js';

/** A conversation in the form of models' templates. */
export interface ReadConversation {
  readonly messages: readonly TextMessage[];
  /** The answer goes on with the last message, which is the assistant's. */
  readonly isPrefilled: boolean;
}

const ROLES = ['user', 'assistant', 'system'] as const;

/** Reads `system` and `messages`. Throws `ParameterError`. */
export function readConversation(fields: Fields): ReadConversation {
  const system = fields.any('system') === undefined ? '' : readTexts(fields, 'system');
  const value = fields.any('messages');
  if (!Array.isArray(value) || value.length === 0) fields.refuse('messages', 'a list of at least one message');
  const calls = new Set<string>();
  const turns = value.flatMap((message, index) => readMessage(fields.inner(message, `messages[${index}]`), calls));
  const last = turns.at(-1);
  if (last?.tool_calls !== undefined) {
    throw new ParameterError(
      'messages',
      "'messages': expected a 'tool_result' behind the last 'tool_use', got nothing",
    );
  }
  const messages = nameResults([...(system === '' ? [] : [{ role: 'system', content: system }]), ...turns]);
  return { messages, isPrefilled: last?.role === 'assistant' };
}

/** The turns of a message: results of tools are turns of their own. `calls`: ids of the calls before it. */
function readMessage(fields: Fields, calls: Set<string>): readonly TextMessage[] {
  const role = fields.choice('role', ROLES) ?? fields.refuse('role', `one of ${ROLES.join(', ')}`);
  const blocks = readBlocks(fields, 'content');
  fields.end();
  for (const block of blocks) checkPlace(block, { fields, role, calls });
  return role === 'user' ? userTurns(blocks) : [ownTurn(role, blocks)];
}

interface Around {
  readonly fields: Fields;
  readonly role: (typeof ROLES)[number];
  readonly calls: Set<string>;
}

function checkPlace(block: Block, { fields, role, calls }: Around): void {
  const of = { text: undefined, thinking: 'assistant', call: 'assistant', result: 'user' }[block.kind];
  if (of !== undefined && of !== role) {
    const type = { text: 'text', thinking: 'thinking', call: 'tool_use', result: 'tool_result' }[block.kind];
    fields.refuse('role', `'${of}' for a message with a block of type '${type}'`);
  }
  if (block.kind === 'call') calls.add(block.call.id);
  if (block.kind !== 'result' || calls.has(block.callId)) return;
  const got = JSON.stringify(block.callId.slice(0, 64));
  throw new ParameterError(block.place, `'${block.place}': expected the id of a 'tool_use' before it, got ${got}`);
}

function userTurns(blocks: readonly Block[]): readonly TextMessage[] {
  const turns: TextMessage[] = [];
  let text: string | undefined;
  const endText = () => {
    if (text !== undefined) turns.push({ role: 'user', content: text });
    text = undefined;
  };
  for (const block of blocks) {
    if (block.kind === 'text') text = `${text ?? ''}${block.text}`;
    if (block.kind !== 'result') continue;
    endText();
    turns.push({ role: 'tool', content: block.text, tool_call_id: block.callId });
  }
  if (turns.length === 0) text ??= '';
  endText();
  return turns;
}

function ownTurn(role: string, blocks: readonly Block[]): TextMessage {
  const textOf = (kind: 'text' | 'thinking') => blocks.flatMap((block) => (block.kind === kind ? [block.text] : []));
  const thoughts = textOf('thinking').filter((text) => text !== '');
  const calls = blocks.flatMap((block): readonly ToolCall[] => (block.kind === 'call' ? [block.call] : []));
  return {
    role,
    content: textOf('text').join(''),
    ...(thoughts.length === 0 ? {} : { reasoning_content: thoughts.join('\n') }),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  };
}
