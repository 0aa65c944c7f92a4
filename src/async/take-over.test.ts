import { expect, it } from 'vitest';
import { FakeClock } from '../../test/support/fake-clock.js';
import { TakeOver } from './take-over.js';

function fixture({ isDue = true, problems = [] as string[] } = {}) {
  const clock = new FakeClock();
  const seen: string[] = [];
  const takeOver = new TakeOver({
    clock,
    isDue: async () => isDue,
    async takeOver() {
      seen.push('take over');
      const problem = problems.shift();
      if (problem !== undefined) throw new Error(problem);
    },
    onFailure: (error) => seen.push((error as Error).message),
  });
  return { clock, seen, takeOver };
}

it('a start takes over what is there, once', async () => {
  const { seen, takeOver } = fixture();
  await takeOver.start();
  await takeOver.opened();
  expect(seen).toEqual(['take over']);
});

it('a start leaves it where nothing is there, until something is to be stored', async () => {
  const { seen, takeOver } = fixture({ isDue: false });
  await takeOver.start();
  expect(seen).toEqual([]);
  await Promise.all([takeOver.opened(), takeOver.opened()]);
  expect(seen).toEqual(['take over']);
});

it('a start that fails is repeated each second, and tells of it once', async () => {
  const { clock, seen, takeOver } = fixture({ problems: ['in use', 'in use'] });
  await takeOver.start();
  expect(seen).toEqual(['take over', 'in use']);
  await clock.advance(999);
  expect(seen).toHaveLength(2);
  await clock.advance(1);
  await clock.advance(1_000);
  expect(seen).toEqual(['take over', 'in use', 'take over', 'take over']);
  await clock.advance(10_000);
  expect(seen).toHaveLength(4);
});

it('what cannot be had is tried again when it is asked for', async () => {
  const { takeOver } = fixture({ problems: ['in use'] });
  await expect(takeOver.opened()).rejects.toThrow('in use');
  await takeOver.opened();
});

it('nothing is taken over once it is closed', async () => {
  const { clock, seen, takeOver } = fixture({ problems: ['in use'] });
  await takeOver.start();
  takeOver.close();
  await clock.advance(10_000);
  await expect(takeOver.opened()).rejects.toMatchObject({ code: 'unavailable' });
  expect(seen).toEqual(['take over', 'in use']);
});
