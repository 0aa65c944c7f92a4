import type { ToolCall } from '../../generation/index.js';
import { readContent, unsupportedPart } from '../shared/generation/content.js';
import type { Fields } from '../shared/generation/fields.js';
import { readName } from '../shared/generation/function-name.js';
import { nameResults, type TextMessage } from '../shared/generation/text-message.js';
import { readArguments } from './decode-tools.js';

/** Anthropic's, which its clients put on messages, parts and tools: prefixes are cached without it. */
export const MESSAGE_HINTS = ['cache_control'] as const;
const ROLES = ['system', 'developer', 'user', 'assistant', 'tool', 'function'] as const;

/** Reads `messages` of a chat completion. Throws `ParameterError`. */
export function readMessages(fields: Fields): readonly TextMessage[] {
  const value = fields.any('messages');
  if (!Array.isArray(value) || value.length === 0) fields.refuse('messages', 'a list of at least one message');
  return nameResults(value.map((message, index) => readMessage(fields.inner(message, `messages[${index}]`))));
}

function readMessage(fields: Fields): TextMessage {
  const role = fields.choice('role', ROLES) ?? fields.refuse('role', `one of ${ROLES.join(', ')}`);
  const calls = role === 'assistant' ? readCalls(fields) : [];
  const reasoning =
    role === 'assistant' ? (fields.string('reasoning_content') ?? fields.string('reasoning')) : undefined;
  const given = fields.any('content');
  const content = given === undefined && role === 'assistant' ? '' : readContent(fields, 'content', readPart);
  const name = fields.string('name');
  const callId =
    role === 'tool' ? (fields.string('tool_call_id') ?? fields.refuse('tool_call_id', 'the id of a call')) : undefined;
  fields.ignore('refusal', 'annotations', 'reasoning');
  fields.hint(MESSAGE_HINTS);
  fields.unsupported('audio');
  fields.unsupported('function_call');
  fields.end();
  return {
    // Templates know no other word for it.
    role: role === 'developer' ? 'system' : role,
    content,
    ...(name === undefined ? {} : { name }),
    ...(reasoning === undefined ? {} : { reasoning_content: reasoning }),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
    ...(callId === undefined ? {} : { tool_call_id: callId }),
  };
}

function readCalls(fields: Fields): readonly ToolCall[] {
  const value = fields.any('tool_calls') ?? [];
  if (!Array.isArray(value)) fields.refuse('tool_calls', 'a list of calls');
  return value.map((each, index) => {
    const call = fields.inner(each, `${fields.placeOf('tool_calls')}[${index}]`);
    const id = call.string('id') ?? call.refuse('id', 'a string');
    call.choice('type', ['function']);
    const called = call.inner(call.any('function'), call.placeOf('function'));
    call.ignore('index');
    const described = { name: readName(called), arguments: readArguments(called) };
    called.end();
    call.end();
    return { id, type: 'function', function: described };
  });
}

function readPart(fields: Fields): string {
  const type = fields.string('type') ?? fields.refuse('type', "'text'");
  if (type !== 'text' && type !== 'refusal') throw unsupportedPart(type, fields, 'text');
  const text = fields.string(type) ?? fields.refuse(type, 'a string');
  fields.hint(MESSAGE_HINTS);
  fields.end();
  return text;
}
