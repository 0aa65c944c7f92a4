import { readContent, unsupportedPart } from './decode-content.js';
import { Fields } from './fields.js';
import { newId } from './head.js';

/** A turn of the conversation as templates see it. */
export interface Turn {
  readonly role: string;
  readonly content: string;
}

/** Something that was said, as callers are told of it and as the model reads it. */
export interface Item {
  readonly told: object;
  readonly turn: Turn;
}

const ROLES = ['user', 'assistant', 'system', 'developer'] as const;
const TEXTS: readonly string[] = ['input_text', 'output_text', 'text'];

/** What a user says. */
export function itemsOfText(text: string): readonly Item[] {
  return [readItem({ role: 'user', content: text }, 'input')];
}

/** An item of a request's `input`; also one that a response has given. Throws `ParameterError`. */
export function readItem(value: unknown, place: string): Item {
  const item = Fields.of(value, place);
  item.choice('type', ['message']);
  const role = item.choice('role', ROLES) ?? item.refuse('role', `one of ${ROLES.join(', ')}`);
  const given = item.any('content');
  const content = readContent(given, `${place}.content`, readPart);
  const id = item.string('id') ?? newId('msg_');
  item.ignore('status');
  item.end();
  const type = role === 'assistant' ? 'output_text' : 'input_text';
  const parts = typeof given === 'string' ? [{ type, text: given }] : given;
  return {
    told: { id, type: 'message', status: 'completed', role, content: parts },
    turn: { role: role === 'developer' ? 'system' : role, content },
  };
}

function readPart(value: unknown, place: string): string {
  const part = Fields.of(value, place);
  const type = part.string('type') ?? part.refuse('type', "'input_text'");
  if (!TEXTS.includes(type)) throw unsupportedPart(type, place, 'input_text');
  const text = part.string('text') ?? part.refuse('text', 'a string');
  part.ignore('annotations', 'logprobs');
  part.end();
  return text;
}
