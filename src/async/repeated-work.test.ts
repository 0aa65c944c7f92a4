import { expect, it } from 'vitest';
import { FakeClock } from '../../test/support/fake-clock.js';
import { RepeatedWork } from './repeated-work.js';

function fixture(work: (turn: number) => Promise<void> = async () => undefined) {
  const clock = new FakeClock();
  const failures: string[] = [];
  let turns = 0;
  const repeated = new RepeatedWork({
    clock,
    intervalMs: 100,
    work: () => work(++turns),
    onFailure: (error) => failures.push((error as Error).message),
  });
  return { clock, failures, repeated, turns: () => turns };
}

it('work is done again an interval after it has ended', async () => {
  let end: () => void = () => undefined;
  const { clock, repeated, turns } = fixture(
    () =>
      new Promise((resolve) => {
        end = resolve;
      }),
  );
  repeated.start();
  await clock.advance(100);
  await clock.advance(1_000);
  expect(turns()).toBe(1);
  end();
  await clock.flush();
  await clock.advance(99);
  expect(turns()).toBe(1);
  await clock.advance(1);
  expect(turns()).toBe(2);
});

it('work that fails goes on, and is told of once until it succeeds again', async () => {
  const { clock, failures, repeated, turns } = fixture(async (turn) => {
    if (turn !== 3) throw new Error(`turn ${turn}`);
  });
  repeated.start();
  for (let turn = 0; turn < 5; turn++) await clock.advance(100);
  expect([turns(), failures]).toEqual([5, ['turn 1', 'turn 4']]);
});

it('nothing is done once it is closed', async () => {
  const { clock, repeated, turns } = fixture();
  repeated.start();
  await clock.advance(100);
  await repeated.close();
  repeated.start();
  await clock.advance(1_000);
  expect(turns()).toBe(1);
});
