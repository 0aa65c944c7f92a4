import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { TextRow } from '../../../src/runtimes/pooling/tokenizer.js';
import { TextTokenizer } from '../../../src/runtimes/text/text-tokenizer.js';
import type { Tally } from '../harness/tally.js';

/** A way of encoding rows, and what Python made of each: the tokens before those of type 1, and the ids. */
interface Way {
  readonly maxTokens: number | null;
  readonly truncation: 'left' | 'right' | null;
  readonly addSpecialTokens: boolean;
  /** Indices of the rows. */
  readonly rows: readonly number[];
  readonly encoded: readonly (readonly number[])[];
}

interface Reference {
  readonly size: number;
  readonly ways: readonly Way[];
}

export interface TokenizerFile {
  readonly name: string;
  readonly file: string;
}

/** Rows of a way that are reported one by one. */
const MAX_REPORTED = 3;
/** More than any text has. */
const NO_LIMIT = 1_000_000;

/** Every row, whole and cut, by the server's own class against what Python's library wrote into the folder. */
export async function checkTokens(tally: Tally, folder: string, { name, file }: TokenizerFile): Promise<void> {
  const rows = readJson<readonly TextRow[]>(folder, 'texts');
  const { size, ways } = readJson<Reference>(folder, name);
  const tokenizer = await TextTokenizer.open(readFileSync(file, 'utf8'));
  tally.check(tokenizer.size === size, `${name} has ${tokenizer.size} tokens instead of ${size}`);
  for (const way of ways) {
    const wrong = await findWrong(tokenizer, way, rows);
    tally.pass(way.rows.length - wrong.length);
    for (const each of wrong.slice(0, MAX_REPORTED)) tally.fail(`${name}, ${describe(way)}: ${each}`);
    const more = wrong.length - MAX_REPORTED;
    if (more > 0) tally.fail(`${name}, ${describe(way)}: ${more} more rows are wrong`);
  }
}

async function findWrong(tokenizer: TextTokenizer, way: Way, rows: readonly TextRow[]): Promise<readonly string[]> {
  const asked = way.rows.map((index) => rows[index] as TextRow);
  const encoded = await tokenizer.encode(asked, {
    maxTokens: way.maxTokens ?? NO_LIMIT,
    truncation: way.truncation ?? undefined,
    addSpecialTokens: way.addSpecialTokens,
  });
  return way.encoded.flatMap((wanted, place) => {
    const { firstTokens = -1, tokens = [] } = encoded[place] ?? {};
    const got = [firstTokens, ...tokens];
    return got.join() === wanted.join()
      ? []
      : [`${abridge(asked[place])} gives ${abridge(got)}, not ${abridge(wanted)}`];
  });
}

function describe({ maxTokens, truncation, addSpecialTokens }: Way): string {
  const cut = maxTokens === null ? 'whole' : `${truncation} cut to ${maxTokens}`;
  return addSpecialTokens ? cut : `${cut}, without special tokens`;
}

function abridge(value: unknown): string {
  return JSON.stringify(value).slice(0, 120);
}

function readJson<Value>(folder: string, name: string): Value {
  return JSON.parse(readFileSync(path.join(folder, `${name}.json`), 'utf8')) as Value;
}
