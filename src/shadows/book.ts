import { type Static, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import type { DropReason } from './dropped.js';
import { type PairReport, reportOf } from './report.js';
import { keepWorst, type Sample } from './samples.js';
import { addPair, createTally, type Pair, readTally, type Tally } from './tally.js';

/** Pairs of versions that are remembered; the one that came first is forgotten first. */
const MAX_PAIRS = 8;

const strict = { additionalProperties: false } as const;
const BookSchema = Type.Object(
  {
    format: Type.Literal(1),
    since: Type.Number(),
    copied: Type.Integer({ minimum: 0 }),
    dropped: Type.Record(Type.String(), Type.Integer({ minimum: 0 })),
    pairs: Type.Array(Type.Object({ primary: Type.String(), shadow: Type.String(), tally: Type.Unknown() }, strict), {
      maxItems: MAX_PAIRS,
    }),
  },
  strict,
);

/** A book as it is kept. It has no samples: what callers have sent stays in memory. */
export type KeptBook = Static<typeof BookSchema>;

/** The names of two versions: `fraud/3` has answered, `fraud/4` has got the copy. */
export interface PairNames {
  readonly primary: string;
  readonly shadow: string;
}

interface PairEntry extends PairNames {
  readonly tally: Tally;
  samples: readonly Sample[];
}

/** All that is counted of the shadow of one route. */
export class ShadowBook {
  since: number;
  copied = 0;
  readonly dropped: Partial<Record<DropReason, number>> = {};
  readonly #pairs: PairEntry[] = [];

  /** `since`: milliseconds since the Unix epoch. */
  constructor(since: number) {
    this.since = since;
  }

  /** What was kept, to go on with; undefined where that is something else. */
  static read(value: unknown): ShadowBook | undefined {
    if (!Value.Check(BookSchema, value)) return undefined;
    const book = new ShadowBook(value.since);
    book.copied = value.copied;
    Object.assign(book.dropped, value.dropped);
    for (const { primary, shadow, tally: kept } of value.pairs) {
      const tally = readTally(kept);
      if (tally !== undefined) book.#pairs.push({ primary, shadow, tally, samples: [] });
    }
    return book;
  }

  toKept(): KeptBook {
    const pairs = this.#pairs.map(({ primary, shadow, tally }) => ({ primary, shadow, tally }));
    const { since, copied, dropped } = this;
    return { format: 1, since, copied, dropped: { ...dropped }, pairs };
  }

  drop(reason: DropReason): void {
    this.dropped[reason] = (this.dropped[reason] ?? 0) + 1;
  }

  /** `atMs`: milliseconds since the Unix epoch. */
  add(names: PairNames, pair: Pair, atMs: number): void {
    addPair(this.#entryOf(names, atMs).tally, pair);
  }

  keep(names: PairNames, sample: Sample, most: number): void {
    const entry = this.#entryOf(names, sample.atMs);
    entry.samples = keepWorst(entry.samples, sample, most);
  }

  /** Whether a disagreement so bad is worth keeping. */
  wants(names: PairNames, severity: number, most: number): boolean {
    const samples = this.#find(names)?.samples ?? [];
    return samples.length < most || severity > (samples.at(-1)?.severity ?? 0);
  }

  report(): readonly PairReport[] {
    return this.#pairs
      .map(({ primary, shadow, tally, samples }) => ({ primary, shadow, ...reportOf(tally), samples }))
      .reverse();
  }

  #find({ primary, shadow }: PairNames): PairEntry | undefined {
    return this.#pairs.find((entry) => entry.primary === primary && entry.shadow === shadow);
  }

  #entryOf(names: PairNames, atMs: number): PairEntry {
    const known = this.#find(names);
    if (known !== undefined) return known;
    const entry: PairEntry = { ...names, tally: createTally(atMs), samples: [] };
    this.#pairs.push(entry);
    if (this.#pairs.length > MAX_PAIRS) this.#pairs.shift();
    return entry;
  }
}
