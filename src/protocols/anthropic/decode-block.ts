import { isObject } from '../../core/index.js';
import type { ToolCall } from '../../generation/index.js';
import { unsupportedPart } from '../shared/generation/content.js';
import { describe, type Fields } from '../shared/generation/fields.js';
import { readName } from '../shared/generation/function-name.js';
import { ParameterError } from '../shared/generation/parameter-error.js';

/** A block of a message, as far as models read it. */
export type Block =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'thinking'; readonly text: string }
  | { readonly kind: 'call'; readonly call: ToolCall }
  | { readonly kind: 'result'; readonly place: string; readonly callId: string; readonly text: string };

/** Breakpoints of the cache: prefixes are cached without them. */
const HINTS = ['cache_control'] as const;

/** Reads blocks, or the text that stands for one. Throws `ParameterError`. */
export function readBlocks(fields: Fields, name: string): readonly Block[] {
  return readList(fields, name, readBlock);
}

/** Reads text blocks, or the text that stands for one, as one text. Throws `ParameterError`. */
export function readTexts(fields: Fields, name: string): string {
  const blocks = readList(fields, name, (block) => readText(block, readType(block)));
  return blocks.map(({ text }) => text).join('');
}

function readList<Read>(
  fields: Fields,
  name: string,
  read: (block: Fields) => Read,
): readonly (Read | { readonly kind: 'text'; readonly text: string })[] {
  const value = fields.any(name);
  const place = fields.placeOf(name);
  if (typeof value === 'string') return [{ kind: 'text', text: value }];
  if (!Array.isArray(value)) {
    throw new ParameterError(place, `'${place}': expected a text or a list of blocks, got ${describe(value)}`);
  }
  return value.map((each, index) => read(fields.inner(each, `${place}[${index}]`)));
}

function readBlock(block: Fields): Block {
  const type = readType(block);
  switch (type) {
    case 'thinking':
      return readThinking(block);
    case 'redacted_thinking':
      block.ignore('data');
      block.end();
      return { kind: 'thinking', text: '' };
    case 'tool_use':
      return readCall(block);
    case 'tool_result':
      return readResult(block);
    default:
      return readText(block, type);
  }
}

function readType(block: Fields): string {
  return block.string('type') ?? block.refuse('type', "'text'");
}

function readText(block: Fields, type: string): { readonly kind: 'text'; readonly text: string } {
  if (type !== 'text') throw unsupportedPart(type, block, 'text');
  const text = block.string('text') ?? block.refuse('text', 'a string');
  block.ignore('citations');
  block.hint(HINTS);
  block.end();
  return { kind: 'text', text };
}

function readThinking(block: Fields): Block {
  const text = block.string('thinking') ?? block.refuse('thinking', 'a string');
  // Thoughts are not encrypted here, so there is nothing that it would prove.
  block.string('signature');
  block.end();
  return { kind: 'thinking', text };
}

function readCall(block: Fields): Block {
  const id = block.string('id') ?? block.refuse('id', 'a string');
  const name = readName(block);
  const input = block.any('input');
  if (!isObject(input)) return block.refuse('input', 'an object');
  block.ignore('caller', 'toolset_name');
  block.hint(HINTS);
  block.end();
  return { kind: 'call', call: { id, type: 'function', function: { name, arguments: input } } };
}

function readResult(block: Fields): Block {
  const place = block.placeOf('tool_use_id');
  const callId = block.string('tool_use_id') ?? block.refuse('tool_use_id', 'the id of a call');
  const isError = block.boolean('is_error') ?? false;
  const text = block.any('content') === undefined ? '' : readTexts(block, 'content');
  block.ignore('toolset_name');
  block.hint(HINTS);
  block.end();
  // Templates have no other place for it.
  return { kind: 'result', place, callId, text: isError ? `Error: ${text}` : text };
}
