import { readContent, unsupportedPart } from '../shared/generation/content.js';
import { Fields } from '../shared/generation/fields.js';
import { readName } from '../shared/generation/function-name.js';
import { newId } from '../shared/generation/new-id.js';
import { ParameterError } from '../shared/generation/parameter-error.js';
import type { TextMessage } from '../shared/generation/text-message.js';
import { MESSAGE_HINTS } from './decode-message.js';
import { readArguments } from './decode-tools.js';

/** Something that was said, as callers are told of it and as the model reads it. */
export interface Item {
  readonly told: object;
  readonly turn: TextMessage;
}

const ROLES = ['user', 'assistant', 'system', 'developer'] as const;
const TEXTS: readonly string[] = ['input_text', 'output_text', 'text', 'reasoning_text'];

/** What a user says. */
export function itemsOfText(text: string): readonly Item[] {
  return [readItem(Fields.of({ role: 'user', content: text }, 'input'))];
}

/** An item of a request's `input`; also one that a response has given. Throws `ParameterError`. */
export function readItem(item: Fields): Item {
  const type = item.string('type') ?? 'message';
  const read = Object.hasOwn(READERS, type) ? READERS[type] : undefined;
  if (read === undefined) {
    const place = item.placeOf('type');
    throw new ParameterError(place, `'${place}': items of type '${type}' are not supported here`, 'unimplemented');
  }
  item.ignore('status');
  item.hint(MESSAGE_HINTS);
  const said = read(item);
  item.end();
  return said;
}

type ItemReader = (item: Fields) => Item;

const READERS: Readonly<Record<string, ItemReader>> = {
  message: readMessage,
  function_call: readCall,
  function_call_output: readCallOutput,
  reasoning: readReasoning,
};

function readMessage(item: Fields): Item {
  const role = item.choice('role', ROLES) ?? item.refuse('role', `one of ${ROLES.join(', ')}`);
  const given = item.any('content');
  const content = readContent(item, 'content', readPart);
  const id = item.string('id') ?? newId('msg_');
  const type = role === 'assistant' ? 'output_text' : 'input_text';
  const parts = typeof given === 'string' ? [{ type, text: given }] : given;
  return {
    told: { id, type: 'message', status: 'completed', role, content: parts },
    turn: { role: role === 'developer' ? 'system' : role, content },
  };
}

function readCall(item: Fields): Item {
  const callId = item.string('call_id') ?? item.refuse('call_id', 'a string');
  const id = item.string('id') ?? newId('fc_');
  const name = readName(item);
  const given = readArguments(item);
  const call = { id: callId, type: 'function', function: { name, arguments: given } } as const;
  return {
    told: { id, type: 'function_call', status: 'completed', call_id: callId, name, arguments: JSON.stringify(given) },
    turn: { role: 'assistant', content: '', tool_calls: [call] },
  };
}

function readCallOutput(item: Fields): Item {
  const callId = item.string('call_id') ?? item.refuse('call_id', 'the id of a call');
  const id = item.string('id') ?? newId('fco_');
  const output = item.any('output');
  const content = readContent(item, 'output', readPart);
  return {
    told: { id, type: 'function_call_output', status: 'completed', call_id: callId, output },
    turn: { role: 'tool', content, tool_call_id: callId },
  };
}

function readReasoning(item: Fields): Item {
  const id = item.string('id') ?? newId('rs_');
  const content = item.any('content') ?? [];
  const thought = item.any('content') === undefined ? '' : readContent(item, 'content', readPart);
  item.ignore('summary', 'encrypted_content');
  return {
    told: { id, type: 'reasoning', status: 'completed', summary: [], content },
    turn: { role: 'assistant', content: '', reasoning_content: thought },
  };
}

/** One turn of what a model thought, said and called at a time, which are items of their own here. */
export function mergeTurns(turns: readonly TextMessage[]): readonly TextMessage[] {
  const merged: TextMessage[] = [];
  for (const turn of turns) {
    const before = merged.at(-1);
    const goesOn =
      before?.role === 'assistant' && turn.role === 'assistant' && (before.content === '' || turn.content === '');
    if (!goesOn || before === undefined) {
      merged.push(turn);
      continue;
    }
    const thoughts = [before, turn].flatMap(({ reasoning_content: thought }) => thought ?? []);
    const calls = [...(before.tool_calls ?? []), ...(turn.tool_calls ?? [])];
    merged[merged.length - 1] = {
      ...before,
      ...turn,
      content: before.content + turn.content,
      ...(thoughts.length === 0 ? {} : { reasoning_content: thoughts.join('\n') }),
      ...(calls.length === 0 ? {} : { tool_calls: calls }),
    };
  }
  return merged;
}

function readPart(part: Fields): string {
  const type = part.string('type') ?? part.refuse('type', "'input_text'");
  if (!TEXTS.includes(type)) throw unsupportedPart(type, part, 'input_text');
  const text = part.string('text') ?? part.refuse('text', 'a string');
  part.ignore('annotations', 'logprobs');
  part.hint(MESSAGE_HINTS);
  part.end();
  return text;
}
