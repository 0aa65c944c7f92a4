import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createFakeIo } from '../../test/support/fake-io.js';
import { withProgress } from './progress.js';

/** A terminal that the spinner itself would take for one is not to be had in a test; what it writes tells enough. */
function terminal() {
  const io = createFakeIo();
  return { ...io, stderr: { ...io.stderr, isTTY: true } };
}

describe('withProgress', () => {
  let written = '';
  beforeEach(() => {
    written = '';
    vi.useFakeTimers();
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
      written += String(text);
      return true;
    });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('is silent where there is no terminal', async () => {
    const result = await withProgress(createFakeIo(), 'loading', async (progress) => {
      await vi.advanceTimersByTimeAsync(1000);
      progress.update('still loading');
      return 5;
    });
    expect({ result, written }).toEqual({ result: 5, written: '' });
  });

  it('is silent about what is done in a moment', async () => {
    await withProgress(terminal(), 'loading', async (progress) => {
      progress.update('still loading');
      await vi.advanceTimersByTimeAsync(100);
    });
    expect(written).toBe('');
  });

  it('shows what goes on when it takes longer', async () => {
    await withProgress(terminal(), 'loading', async (progress) => {
      await vi.advanceTimersByTimeAsync(500);
      progress.update('still loading');
    });
    expect(written).toContain('loading\n');
    expect(written).toContain('still loading\n');
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('ends the process at %s, unless somebody else minds the signals', async (signal, code) => {
    const io = terminal();
    await withProgress(io, 'loading', async () => io.signal(signal));
    await withProgress(io, { text: 'loading', exitOnSignal: false }, async () => io.signal(signal));
    io.signal(signal);
    expect(io.exits).toEqual([code]);
  });
});
