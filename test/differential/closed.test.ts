import { expect, it } from 'vitest';
import { chooseSeed } from '../support/random.js';
import { expectAlike } from './expect-alike.js';
import { cutInEveryWay, PIPELINES } from './make-script.js';
import { compareAll } from './run.js';

it('50,000 connections to servers with keys and low limits are answered alike', () =>
  expectAlike({ seed: chooseSeed(), count: 50_000, stages: ['strict', 'late'] }));

it('requests that are cut at every byte, and come in pieces of every size, are answered alike', async () => {
  const { connections, disagreements, leaks } = await compareAll(cutInEveryWay('strict', PIPELINES));
  console.log(`${connections} connections`);
  expect({ disagreements, leaks }).toEqual({ disagreements: [], leaks: [] });
});
