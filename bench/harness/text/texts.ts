import { Tokenizer } from 'tokenizers';
import { createRandom } from '../../../src/statistics/index.js';
import type { BenchSettings } from '../row.js';
import { textFile } from './files.js';

/** A text as the controls run it: its token ids, and how many of them are of the first text of a pair. */
export interface TextIds {
  readonly ids: readonly number[];
  readonly first: number;
}

/** The token ids of texts, or of pairs of a query and each text. */
export async function tokenize(
  settings: BenchSettings,
  texts: readonly string[],
  { query, maxTokens }: { readonly query?: string | undefined; readonly maxTokens: number },
): Promise<readonly TextIds[]> {
  const tokenizer = Tokenizer.fromFile(textFile(settings, 'tokenizer'));
  tokenizer.disablePadding();
  tokenizer.setTruncation(maxTokens);
  const rows: TextIds[] = [];
  for (const text of texts) {
    const encoded = query === undefined ? await tokenizer.encode(text) : await tokenizer.encode(query, text);
    const types = encoded.getTypeIds();
    rows.push({ ids: encoded.getIds(), first: types.includes(1) ? types.indexOf(1) : types.length });
  }
  return rows;
}

/** The policy of millrace without a queue: texts sorted by length, at most this many tokens a batch with padding; longer ones run alone. */
export function sortedBatches(texts: readonly TextIds[], maxPaddedTokens = 256): readonly (readonly TextIds[])[] {
  const batches: TextIds[][] = [];
  for (const text of texts.toSorted((a, b) => a.ids.length - b.ids.length)) {
    const last = batches.at(-1);
    // It is the longest of its batch.
    if (last !== undefined && (last.length + 1) * text.ids.length <= maxPaddedTokens) last.push(text);
    else batches.push([text]);
  }
  return batches;
}

/** Batches of so many texts in the order of their arrival, whatever their lengths. */
export function fifoBatches(texts: readonly TextIds[], size: number): readonly (readonly TextIds[])[] {
  return Array.from({ length: Math.ceil(texts.length / size) }, (_, index) =>
    texts.slice(index * size, (index + 1) * size),
  );
}

/** `count` of all, evenly spread. */
export function spread<T>(all: readonly T[], count: number): readonly T[] {
  if (count >= all.length) return all;
  return Array.from({ length: count }, (_, index) => all[Math.floor((index * all.length) / count)] as T);
}

/** Each is one token of this vocabulary. */
const WORDS =
  'time people way water words day part number sound work place years name sentence man line boy form sea turn hand house page letter mother country school sun food story'.split(
    ' ',
  );
/** Before and after a text. */
const SPECIAL_TOKENS = 2;

/** A text of so many tokens. */
export function textOf(tokens: number, seed: number): string {
  const random = createRandom(seed + 1);
  const words = Array.from({ length: tokens - SPECIAL_TOKENS }, () => WORDS[Math.floor(random() * WORDS.length)]);
  return words.join(' ');
}
