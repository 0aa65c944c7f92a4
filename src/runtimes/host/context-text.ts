import type { BatchItem, ItemContext } from '../batch.js';

/** Between texts, and in front of what stands for it in a text of a caller's. */
const SEPARATOR = '\n';
const ESCAPE = '\u001b';
const TEXTS = 4;

/**
 * The texts of all contexts of a batch in one string, which crosses the pipe at the price of one; undefined when no item
 * has a context. Most models never look at them, so taking them apart is left to whoever does.
 */
export function encodeContexts(
  items: readonly BatchItem[],
): { readonly text: string; readonly count: number } | undefined {
  let text = '';
  let count = 0;
  for (const { context } of items) {
    if (context === undefined) continue;
    count++;
    const { requestId, clientId, ownerId, traceparent } = context;
    for (const each of [requestId, clientId, ownerId, traceparent]) text += escapeText(each) + SEPARATOR;
  }
  return count === 0 ? undefined : { text, count };
}

/** The contexts of a batch, in the order of its items. */
export class ReceivedContexts {
  readonly #text: string;
  #texts: readonly string[] | undefined;
  #count = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** The context of the next item. */
  next(remainingMs: number): ItemContext {
    return new ReceivedContext(this, this.#count++, remainingMs);
  }

  /** Text `index` of all of them, {@link TEXTS} to a context. */
  textAt(index: number): string {
    this.#texts ??= this.#text.split(SEPARATOR);
    return unescapeText(this.#texts[index] ?? '');
  }
}

class ReceivedContext implements ItemContext {
  readonly remainingMs: number;
  readonly #all: ReceivedContexts;
  readonly #index: number;

  constructor(all: ReceivedContexts, index: number, remainingMs: number) {
    this.#all = all;
    this.#index = index;
    this.remainingMs = remainingMs;
  }

  get requestId(): string {
    return this.#all.textAt(this.#index * TEXTS);
  }

  get clientId(): string {
    return this.#all.textAt(this.#index * TEXTS + 1);
  }

  get ownerId(): string {
    return this.#all.textAt(this.#index * TEXTS + 2);
  }

  get traceparent(): string {
    return this.#all.textAt(this.#index * TEXTS + 3);
  }
}

/** Ids of callers may be any text, if hardly ever such. */
function escapeText(text: string): string {
  if (!text.includes(SEPARATOR) && !text.includes(ESCAPE)) return text;
  return text.replaceAll(ESCAPE, `${ESCAPE}e`).replaceAll(SEPARATOR, `${ESCAPE}n`);
}

function unescapeText(text: string): string {
  if (!text.includes(ESCAPE)) return text;
  return text.replaceAll(`${ESCAPE}n`, SEPARATOR).replaceAll(`${ESCAPE}e`, ESCAPE);
}
