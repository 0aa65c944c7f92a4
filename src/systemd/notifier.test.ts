import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/support/fake-clock.js';
import { MillraceError } from '../core/index.js';
import { Notifier, readWatchdog } from './notifier.js';

function createNotifier(watchdogUsec?: number) {
  const clock = new FakeClock();
  const sent: string[] = [];
  const failures: unknown[] = [];
  let failing: Error | undefined;
  const notifier = new Notifier({
    send: (state) => {
      if (failing !== undefined) throw failing;
      sent.push(state);
    },
    clock,
    pid: 42,
    watchdogUsec,
    monotonicUsec: () => 77n,
    onFailure: (error) => failures.push(error),
  });
  const fail = (error: Error | undefined) => {
    failing = error;
  };
  return { notifier, clock, sent, failures, fail };
}

const READY = 'READY=1\nMAINPID=42\nSTATUS=serving 1 model';

describe('a notifier', () => {
  it('says that the service starts, is ready, reads its settings again and stops', async () => {
    const { notifier, sent } = createNotifier();
    notifier.starting('loading\nmodels');
    notifier.ready('serving 1 model');
    await notifier.reloading(async () => sent.push('(reload)'));
    notifier.stopping('draining');
    expect(sent).toEqual([
      'STATUS=loading models',
      READY,
      'RELOADING=1\nMONOTONIC_USEC=77\nSTATUS=reloading the settings',
      '(reload)',
      READY,
      'STOPPING=1\nSTATUS=draining',
    ]);
  });

  it('does not call a service ready by a reload before it is, nor once it stops', async () => {
    const { notifier, sent } = createNotifier();
    await notifier.reloading(async () => undefined);
    notifier.stopping('draining');
    notifier.ready('serving 1 model');
    await notifier.reloading(async () => undefined);
    notifier.stopping('draining');
    expect(sent).toEqual(['STOPPING=1\nSTATUS=draining']);
  });

  it('calls a service ready again when its reload has failed', async () => {
    const { notifier, sent } = createNotifier();
    notifier.ready('serving 1 model');
    await expect(notifier.reloading(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(sent.at(-1)).toBe(READY);
  });

  it('gives a sign of life at half of the interval until it is closed', async () => {
    const { notifier, clock, sent } = createNotifier(3_000_000);
    await clock.advance(1_499);
    expect(sent).toEqual([]);
    await clock.advance(1);
    expect(sent).toEqual(['WATCHDOG=1']);
    await clock.advance(1_500);
    expect(sent).toHaveLength(2);
    notifier.close();
    await clock.advance(10_000);
    expect(sent).toHaveLength(2);
  });

  it('reports the first of several failures in a row', () => {
    const { notifier, failures, fail } = createNotifier();
    const error = new MillraceError('unavailable', 'gone');
    fail(error);
    notifier.starting('a');
    notifier.ready('b');
    expect(failures).toEqual([error]);
    fail(undefined);
    notifier.stopping('c');
    fail(error);
    notifier.starting('d');
    expect(failures).toEqual([error, error]);
  });
});

describe('readWatchdog', () => {
  it.each([
    [{}, undefined],
    [{ WATCHDOG_USEC: '3000000' }, 3_000_000],
    [{ WATCHDOG_USEC: '3000000', WATCHDOG_PID: '42' }, 3_000_000],
    [{ WATCHDOG_USEC: '3000000', WATCHDOG_PID: '41' }, undefined],
    [{ WATCHDOG_USEC: '0' }, undefined],
  ])('reads %j', (env, usec) => {
    expect(readWatchdog(env, 42)).toBe(usec);
  });

  it('refuses what is no number', () => {
    expect(() => readWatchdog({ WATCHDOG_USEC: '3s' }, 42)).toThrow(
      "environment variable WATCHDOG_USEC: expected a whole number, got '3s'",
    );
  });
});
