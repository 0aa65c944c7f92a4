import { describe, expect, it } from 'vitest';
import { warmUp } from './load.js';

describe('a warm-up', () => {
  const drivenBy = async (requestsPerSecond: number, trial: boolean): Promise<readonly number[]> => {
    const drives: number[] = [];
    const drive = async (seconds: number) => {
      drives.push(seconds);
      return { requestsPerSecond };
    };
    await warmUp(drive, { warmUpSeconds: 2, trial });
    return drives;
  };

  it('goes on until 20,000 requests are answered', async () => {
    expect(await drivenBy(4_000, false)).toEqual([2, 2, 2]);
  });

  it('ends after 20 s where requests are slow', async () => {
    expect(await drivenBy(100, false)).toHaveLength(10);
  });

  it('is one drive in a trial', async () => {
    expect(await drivenBy(100, true)).toHaveLength(1);
  });
});
