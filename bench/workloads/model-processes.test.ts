import { expect, it } from 'vitest';
import { costOfOneMore } from './model-processes.js';

const contestant = (name: string, cpuSecondsToReady: number, startMs: number) => ({
  name,
  samples: [{ cpuSecondsToReady, startMs }],
});

it('says what each model more takes until it is ready', () => {
  const contestants = [contestant('1 model', 1, 500), contestant('100 models', 20.8, 10_400)];
  expect(costOfOneMore(contestants)).toBe('each model more: 200 ms of CPU, 100 ms by the clock');
});

it('says where that is not known', () => {
  expect(costOfOneMore([contestant('1 model', 1, 500)])).toBe('what one model more takes is not known');
});
