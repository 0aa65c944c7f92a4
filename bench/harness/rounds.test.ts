import { describe, expect, it } from 'vitest';
import { valueBar } from './bars.js';
import { interleavedRow } from './rounds.js';
import type { BenchSettings, Contestant } from './row.js';

const SETTINGS: BenchSettings = {
  rounds: 3,
  seconds: 1,
  warmUpSeconds: 1,
  generator: 'own',
  peers: false,
  trial: false,
  say: () => {},
};

function contestant(name: string, log: string[], measured: readonly (number | Error)[]): Contestant {
  let round = 0;
  return {
    name,
    peer: false,
    open: async () => ({
      async warmUp() {},
      async measure() {
        log.push(name);
        const memoryMb = measured[round++];
        if (memoryMb === undefined || memoryMb instanceof Error) throw memoryMb ?? new Error('no more');
        return { memoryMb };
      },
      async close() {
        log.push(`${name} closed`);
      },
    }),
  };
}

describe('a row', () => {
  const bars = ['a', 'b'].map((who) => valueBar({ metric: 'memoryMb', who, atMost: 2 }));

  it('begins each round with another contestant', async () => {
    const log: string[] = [];
    const contestants = [contestant('a', log, [1, 2, 3]), contestant('b', log, [4, 5, 6])];
    const { bars: judged } = await interleavedRow({ id: 'r', title: '', contestants, bars }).run(SETTINGS);
    expect(log).toEqual(['a', 'b', 'b', 'a', 'a', 'b', 'a closed', 'b closed']);
    expect(judged.map(({ verdict }) => verdict)).toEqual(['pass', 'fail']);
  });

  it('goes on without a contestant that fails, and says so', async () => {
    const log: string[] = [];
    const contestants = [contestant('a', log, [1, new Error('gone')]), contestant('b', log, [1, 1, 1])];
    const result = await interleavedRow({ id: 'r', title: '', contestants, bars }).run(SETTINGS);
    expect(log).toEqual(['a', 'b', 'b', 'a', 'b', 'a closed', 'b closed']);
    expect(result.notes).toEqual(['a failed in round 2: gone']);
    expect(result.bars.map(({ counted }) => counted)).toEqual([1, 3]);
  });

  it('has no bar for somebody who does not take part', () => {
    expect(() => interleavedRow({ id: 'r', title: '', contestants: [], bars })).toThrow(
      "r: 'a' of the bar 'PSS MB: a' does not take part",
    );
  });
});
