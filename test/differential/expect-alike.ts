import { expect } from 'vitest';
import { type RandomScripts, randomScripts } from './make-script.js';
import { compareAll } from './run.js';

/** Plays so many connections by chance, and expects that the fast path makes no difference. */
export async function expectAlike(choice: RandomScripts): Promise<void> {
  const { seed, count } = choice;
  const report = await compareAll(randomScripts(choice));
  const { connections, requests, byNode, timing, disagreements, leaks } = report;
  console.log(
    `${connections} connections with ${requests} requests, ${byNode} of them read by node:http also with the fast path; ` +
      `${timing} differ as those of node:http do when bytes come later`,
  );
  expect({ seed, disagreements, leaks }).toEqual({ seed, disagreements: [], leaks: [] });
  expect(connections).toBe(count);
  // Neither of the two ways is left out, and few answers need to be excused.
  expect(requests - byNode).toBeGreaterThan(requests / 4);
  expect(byNode).toBeGreaterThan(requests / 4);
  expect(timing).toBeLessThan(connections / 30);
}
