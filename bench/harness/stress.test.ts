import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { startStress } from './stress.js';

it('takes a part of each core until it is ended, and says how much', async () => {
  const stress = startStress();
  await sleep(300);
  const said = await stress.stop();
  expect(said).toMatch(/^\d+ processes that spin 5 ms of each 10 ms, .*; they took \d+\.\d\d cores$/);
  expect(Number(/took (\S+) cores/.exec(said)?.[1])).toBeGreaterThan(0);
});
