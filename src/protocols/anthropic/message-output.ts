import { createHash } from 'node:crypto';
import { type GenerationDelta, isObject } from '../../core/index.js';
import { joinToolCalls } from '../../generation/index.js';
import { newId } from '../shared/generation/new-id.js';

/** An event of a stream. */
export interface OutputEvent {
  readonly type: string;
  readonly data: object;
}

/** A block that is being written. `text` of a call: the JSON of its input, as far as it has come. */
type Block = { text: string } & (
  | { readonly type: 'text' | 'thinking' }
  | { readonly type: 'tool_use'; readonly id: string; readonly name: string }
);

/** The blocks of a message while they are written: thoughts, what is said, and calls of tools, one after the other. */
export class MessageOutput {
  readonly #blocks: Block[] = [];
  #isOpen = false;

  /** Takes a piece of the answer, or all of it, and gives the events of what it adds. */
  *add({ text, reasoning = '', toolCalls = [] }: GenerationDelta): Generator<OutputEvent> {
    if (reasoning !== '') yield* this.#write('thinking', reasoning);
    if (text !== '') yield* this.#write('text', text);
    for (const { id, name, arguments: given } of joinToolCalls(toolCalls)) {
      if (name !== undefined) yield* this.#begin({ type: 'tool_use', id: callId(id), name, text: '' });
      if (given !== '') yield* this.#append(given);
    }
  }

  /** Nothing more comes. A message has at least one block: clients read the first. */
  *end(): Generator<OutputEvent> {
    if (this.#blocks.length === 0) yield* this.#begin({ type: 'text', text: '' });
    yield* this.#finish();
  }

  get content(): readonly object[] {
    return this.#blocks.map(describe);
  }

  *#write(type: 'text' | 'thinking', text: string): Generator<OutputEvent> {
    if (this.#blocks.at(-1)?.type !== type) yield* this.#begin({ type, text: '' });
    yield* this.#append(text);
  }

  *#begin(block: Block): Generator<OutputEvent> {
    yield* this.#finish();
    this.#blocks.push(block);
    this.#isOpen = true;
    yield this.#event('content_block_start', { content_block: { ...describe(block), ...EMPTY[block.type] } });
  }

  *#append(text: string): Generator<OutputEvent> {
    const block = this.#blocks.at(-1);
    if (block === undefined) return;
    block.text += text;
    yield this.#event('content_block_delta', { delta: DELTAS[block.type](text) });
  }

  /** Closes the last block. */
  *#finish(): Generator<OutputEvent> {
    const block = this.#blocks.at(-1);
    if (block === undefined || !this.#isOpen) return;
    this.#isOpen = false;
    if (block.type === 'thinking') {
      const delta = { type: 'signature_delta', signature: signatureOf(block.text) };
      yield this.#event('content_block_delta', { delta });
    }
    yield this.#event('content_block_stop', {});
  }

  #event(type: string, data: object): OutputEvent {
    return { type, data: { index: this.#blocks.length - 1, ...data } };
  }
}

/** Members of a block that has begun, before anything is in it. */
const EMPTY: Readonly<Record<Block['type'], object>> = { text: {}, thinking: { signature: '' }, tool_use: {} };

const DELTAS: Readonly<Record<Block['type'], (text: string) => object>> = {
  text: (text) => ({ type: 'text_delta', text }),
  thinking: (thinking) => ({ type: 'thinking_delta', thinking }),
  tool_use: (json) => ({ type: 'input_json_delta', partial_json: json }),
};

function describe(block: Block): object {
  const { type, text } = block;
  switch (block.type) {
    case 'text':
      return { type, text };
    case 'thinking':
      return { type, thinking: text, signature: signatureOf(text) };
    case 'tool_use':
      return { type, id: block.id, name: block.name, input: parseInput(text), caller: { type: 'direct' } };
  }
}

/** The id of a call with the prefix that clients know. Ids of models' own forms, which their templates show again, stay as they are. */
function callId(id: string | undefined): string {
  return id === undefined ? newId('toolu_') : id.replace(/^call_/, 'toolu_');
}

/** Clients send thoughts back only with a signature. */
function signatureOf(thoughts: string): string {
  return createHash('sha256').update(thoughts).digest('base64');
}

/** Of a call that was cut off, nothing is known for sure. */
function parseInput(json: string): object {
  try {
    const value: unknown = JSON.parse(json);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}
