import type { GenerationDelta } from '../../core/index.js';
import { joinToolCalls } from '../../generation/index.js';
import { newId } from '../shared/generation/new-id.js';
import { chatLogprobs } from './encode.js';

/** An event of a stream, without its number. */
export interface OutputEvent {
  readonly type: string;
  readonly data: object;
}

type Status = 'in_progress' | 'completed' | 'incomplete';

/** An item that is being written. */
type Item = { readonly id: string; text: string } & (
  | { readonly kind: 'reasoning' }
  | { readonly kind: 'message'; readonly logprobs: object[] }
  | { readonly kind: 'function_call'; readonly callId: string; readonly name: string }
);

/** The items of a response while they are written: thoughts, what is said, and calls of tools, one after the other. */
export class ResponseOutput {
  readonly #items: Item[] = [];
  #isCut = false;
  #isWhole = false;

  /** Takes a piece of the answer, or all of it, and tells what it adds. */
  *add(delta: GenerationDelta): Generator<OutputEvent> {
    const { text, reasoning = '', toolCalls = [] } = delta;
    if (reasoning !== '') yield* this.#write('reasoning', reasoning);
    if (text !== '') yield* this.#write('message', text, chatLogprobs(delta).content);
    for (const { id, name, arguments: given } of joinToolCalls(toolCalls)) {
      if (name !== undefined) {
        yield* this.#begin({ kind: 'function_call', id: newId('fc_'), callId: id ?? '', name, text: '' });
      }
      if (given !== '') yield* this.#append(given);
    }
  }

  /** Nothing more comes. `isCut`: the last item is not whole. */
  *end(isCut: boolean): Generator<OutputEvent> {
    if (this.#items.length === 0) yield* this.#begin(newMessage());
    this.#isCut = isCut;
    yield* this.#finish();
  }

  get items(): readonly object[] {
    return this.#items.map((item, index) => describe(item, this.#statusOf(index)));
  }

  #statusOf(index: number): Status {
    if (index < this.#items.length - 1) return 'completed';
    if (!this.#isWhole) return 'in_progress';
    return this.#isCut ? 'incomplete' : 'completed';
  }

  *#write(kind: 'reasoning' | 'message', text: string, logprobs?: readonly object[]): Generator<OutputEvent> {
    if (this.#items.at(-1)?.kind !== kind) {
      yield* this.#begin(kind === 'message' ? newMessage() : { kind, id: newId('rs_'), text: '' });
    }
    yield* this.#append(text, logprobs);
  }

  *#begin(item: Item): Generator<OutputEvent> {
    yield* this.#finish();
    this.#isWhole = false;
    this.#items.push(item);
    const index = this.#items.length - 1;
    const empty = describe(item, 'in_progress');
    yield {
      type: 'response.output_item.added',
      data: { output_index: index, item: item.kind === 'function_call' ? empty : { ...empty, content: [] } },
    };
    if (item.kind !== 'function_call') {
      yield { type: 'response.content_part.added', data: { ...placeOf(item, index), part: partOf(item) } };
    }
  }

  *#append(delta: string, logprobs: readonly object[] = []): Generator<OutputEvent> {
    const index = this.#items.length - 1;
    const item = this.#items[index];
    if (item === undefined) return;
    item.text += delta;
    if (item.kind === 'message') item.logprobs.push(...logprobs);
    const probabilities = item.kind === 'message' ? { logprobs } : {};
    yield { type: `${EVENTS[item.kind]}.delta`, data: { ...placeOf(item, index), delta, ...probabilities } };
  }

  /** Closes the last item. */
  *#finish(): Generator<OutputEvent> {
    const index = this.#items.length - 1;
    const item = this.#items[index];
    if (item === undefined) return;
    this.#isWhole = true;
    const place = placeOf(item, index);
    const whole = item.kind === 'function_call' ? { name: item.name, arguments: item.text } : { text: item.text };
    yield { type: `${EVENTS[item.kind]}.done`, data: { ...place, ...whole, ...probabilitiesOf(item) } };
    if (item.kind !== 'function_call') {
      yield { type: 'response.content_part.done', data: { ...place, part: partOf(item) } };
    }
    yield {
      type: 'response.output_item.done',
      data: { output_index: index, item: describe(item, this.#statusOf(index)) },
    };
  }
}

const EVENTS = {
  reasoning: 'response.reasoning_text',
  message: 'response.output_text',
  function_call: 'response.function_call_arguments',
} as const;

function newMessage(): Item {
  return { kind: 'message', id: newId('msg_'), text: '', logprobs: [] };
}

function placeOf({ id, kind }: Item, index: number): object {
  return { item_id: id, output_index: index, ...(kind === 'function_call' ? {} : { content_index: 0 }) };
}

/** Empty where none are asked for; clients expect the member. */
function probabilitiesOf(item: Item): object {
  return item.kind === 'message' ? { logprobs: item.logprobs } : {};
}

function partOf(item: Item): object {
  const { kind, text } = item;
  return kind === 'message'
    ? { type: 'output_text', text, annotations: [], ...probabilitiesOf(item) }
    : { type: 'reasoning_text', text };
}

function describe(item: Item, status: Status): object {
  const { id, kind: type, text } = item;
  switch (item.kind) {
    case 'message':
      return { id, type, status, role: 'assistant', content: [partOf(item)] };
    case 'reasoning':
      return { id, type, status, summary: [], content: [partOf(item)] };
    case 'function_call':
      return { id, type, status, call_id: item.callId, name: item.name, arguments: text };
  }
}
