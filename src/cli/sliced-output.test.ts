import { expect, it } from 'vitest';
import { SlicedOutput } from './sliced-output.js';

function start() {
  const written: string[] = [];
  const waiting: (() => void)[] = [];
  const turns = { next: () => new Promise<void>((resolve) => waiting.push(resolve)) };
  const output = new SlicedOutput({ write: (text) => written.push(text) }, turns);
  const turn = async () => {
    waiting.shift()?.();
    await new Promise(setImmediate);
  };
  return { output, written, turn };
}

it('a text is written one slice a turn, and an empty slice takes a turn as well', async () => {
  const { output, written, turn } = start();
  const printed = output.print(['a', '', 'b']);
  const counts: number[] = [];
  for (let at = 0; at < 4; at++) {
    await turn();
    counts.push(written.length);
  }
  await printed;
  expect(counts).toEqual([1, 1, 2, 2]);
});

it('a slice is made in the turn in which it is written', async () => {
  const { output, turn } = start();
  let made = 0;
  const slices = (function* () {
    for (;;) {
      made++;
      yield 'x';
    }
  })();
  void output.print(slices);
  for (const turns of [1, 2, 3]) {
    await turn();
    expect(made).toBe(turns);
  }
});

it('texts stay whole and in the order of printing', async () => {
  const { output, written, turn } = start();
  const all = Promise.all([output.print(['a', 'b']), output.print(['stopped'])]);
  for (let at = 0; at < 4; at++) await turn();
  await all;
  expect(written).toEqual(['a', 'b', 'stopped']);
});
