import { describe, expect, it } from 'vitest';
import type { BenchSettings, Contestant } from './row.js';
import { several } from './several.js';

const SETTINGS: BenchSettings = {
  rounds: 1,
  seconds: 3,
  warmUpSeconds: 1,
  generator: 'own',
  peers: false,
  trial: false,
  say: () => {},
};

function contestant(log: string[], memoryMb: number, fails = false): Contestant {
  return {
    name: 'server',
    peer: false,
    async open({ seconds }) {
      if (fails) throw new Error('no');
      return {
        async warmUp() {
          log.push(`${memoryMb} warm`);
        },
        async measure() {
          log.push(`${memoryMb} for ${seconds} s`);
          return memoryMb === 1 ? { memoryMb, errors: 1 } : { memoryMb };
        },
        async close() {
          log.push(`${memoryMb} closed`);
        },
      };
    },
  };
}

describe('several contestants as one', () => {
  it('are all measured in a round, of which they give the mean of what all of them have', async () => {
    const log: string[] = [];
    const one = several([contestant(log, 1), contestant(log, 3)]);
    expect(one.name).toBe('server');
    const open = await one.open(SETTINGS);
    await open.warmUp();
    expect(await open.measure()).toEqual({ memoryMb: 2 });
    await open.close();
    expect(log).toEqual(['1 warm', '3 warm', '1 for 3 s', '3 for 3 s', '1 closed', '3 closed']);
  });

  it('do not take part where one of them cannot, and leave nothing running', async () => {
    const log: string[] = [];
    const one = several([contestant(log, 1), contestant(log, 3, true)]);
    await expect(one.open(SETTINGS)).rejects.toThrow('no');
    expect(log).toEqual(['1 closed']);
  });
});
