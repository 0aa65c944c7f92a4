import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { attackOpenly } from './open-loop.js';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

/** Attacks of two requests each: the first is answered at once, the second when the connections are closed. */
function halfAnswered() {
  const closers: (() => void)[] = [];
  const unanswered = () => new Promise<string>((resolve) => closers.push(() => resolve('ECONNRESET')));
  const fire = vi.fn(() => [Promise.resolve('413'), unanswered()]);
  return {
    fire,
    close() {
      for (const close of closers) close();
    },
  };
}

it('an attack is due whatever the outcome of those before', async () => {
  const armed = halfAnswered();
  const loop = attackOpenly(armed, 20);
  await vi.advanceTimersByTimeAsync(220);
  expect(armed.fire).toHaveBeenCalledTimes(5);
  const ended = loop.end();
  await vi.advanceTimersByTimeAsync(2_000);
  expect(await ended).toMatchObject({
    outcomes: { '413': 5, unanswered: 5 },
    latenessMs: [0, 0, 0, 0, 0],
    wallMs: 220,
  });
  expect(armed.fire).toHaveBeenCalledTimes(5);
});

it('an attack without a rate comes once', async () => {
  const armed = halfAnswered();
  const loop = attackOpenly(armed, 0);
  await vi.advanceTimersByTimeAsync(1_000);
  const ended = loop.end();
  await vi.advanceTimersByTimeAsync(2_000);
  expect(await ended).toMatchObject({ outcomes: { '413': 1, unanswered: 1 }, latenessMs: [0] });
});
