import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Stakes } from './bets.js';
import { type Block, Blocks, type Dealt, tablesOf } from './block.js';

interface Asked extends Partial<Dealt> {
  readonly from?: number;
  readonly traits?: readonly number[];
}

function add(blocks: Blocks, { from = 0, traits = [], ...dealt }: Asked): Block | undefined {
  return blocks.add({ arm: 'stable', share: 0.5, atMs: 0, ...dealt }, from, traits);
}

/** How many observations fill a block, 10 ms apart. */
function sizeOf(key?: number): number {
  const blocks = new Blocks(undefined);
  for (let count = 1; ; count++) if (add(blocks, { atMs: count * 100, key }) !== undefined) return count;
}

describe('a block', () => {
  it('is full with 64 requests, or with eight keys', () => {
    expect([sizeOf(), sizeOf(1)]).toEqual([64, 8]);
  });

  it('lasts at least 250 ms, unless it grows too large', () => {
    const blocks = new Blocks(undefined);
    for (let count = 0; count < 100; count++) expect(add(blocks, { atMs: 249 })).toBeUndefined();
    expect(add(blocks, { atMs: 499 })?.filled).toBe(101);
    for (let count = 1; count < 4_096; count++) expect(add(blocks, { atMs: 0 })).toBeUndefined();
    expect(add(blocks, { atMs: 0 })?.filled).toBe(4_096);
  });

  it('keeps requests apart that were assigned with different probabilities', () => {
    const blocks = new Blocks(undefined);
    const asked: readonly Asked[] = [
      { share: 0.1, traits: [0] },
      { share: 0.5, from: 0.1, arm: 'canary', traits: [0, 2] },
      { share: 0.5, from: 0.1 },
      { share: 0.5, traits: [2] },
    ];
    for (const each of asked) add(blocks, { ...each, key: 1 });
    for (let count = 0; count < 3; count++) add(blocks, { share: 0.1, key: 1 });
    const block = add(blocks, { share: 0.1, key: 1, atMs: 250 });
    expect(block === undefined ? [] : [0, 1, 2].map((trait) => tablesOf(block, trait))).toEqual([
      [
        { size: 5, canary: 0, flagged: 1, canaryFlagged: 0 },
        { size: 2, canary: 1, flagged: 1, canaryFlagged: 1 },
      ],
      [],
      [
        { size: 2, canary: 1, flagged: 1, canaryFlagged: 1 },
        { size: 1, canary: 0, flagged: 1, canaryFlagged: 0 },
      ],
    ]);
  });
});

/** Every way to give this many of the places to canary. */
function deals(size: number, canary: number): readonly (readonly boolean[])[] {
  if (size === 0) return canary === 0 ? [[]] : [];
  const first = (isCanary: boolean) =>
    deals(size - 1, canary - Number(isCanary)).map((rest) => [isCanary, ...rest] as const);
  return [...first(true), ...first(false)];
}

it('a block pays 1 on average at most where chance has assigned the requests of each stratum, and 2 at most', () => {
  const stratum = fc.record({ flags: fc.array(fc.boolean(), { minLength: 1, maxLength: 6 }), canary: fc.nat() });
  const odds = fc.double({ min: 1.1, max: 20, noNaN: true });
  const property = fc.property(fc.array(stratum, { minLength: 1, maxLength: 2 }), odds, (strata, bet) => {
    const tables = strata.map(({ flags, canary }) =>
      deals(flags.length, canary % (flags.length + 1)).map((isCanary) => ({
        size: flags.length,
        canary: isCanary.filter(Boolean).length,
        flagged: flags.filter(Boolean).length,
        canaryFlagged: flags.filter((flag, index) => flag && isCanary[index]).length,
      })),
    );
    const [first = [], second = [undefined]] = tables;
    const payoffs = first.flatMap((one) =>
      second.map((other) => {
        const stakes = new Stakes([{ odds: bet, tolerated: 1, stake: 1 }]);
        stakes.settle(other === undefined ? [one] : [one, other]);
        return stakes.worth();
      }),
    );
    expect(payoffs.reduce((sum, each) => sum + each, 0) / payoffs.length).toBeLessThan(1 + 1e-9);
    expect(Math.max(...payoffs)).toBeLessThan(2 + 1e-9);
  });
  fc.assert(property, { numRuns: 60 });
});
