import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/support/fake-clock.js';
import { EventBus, type Events } from '../core/index.js';
import type { ListeningSocket } from '../systemd/index.js';
import type { FromSuccessor, ToSuccessor } from './messages.js';
import type { Successor } from './successor.js';
import { type Upgraded, Upgrader } from './upgrader.js';

const SOCKET: ListeningSocket = { name: 'http', place: { kind: 'port', host: '127.0.0.1', port: 8000 }, handle: {} };
const loaded = (...served: readonly string[]): FromSuccessor => ({
  kind: 'loaded',
  version: '2.0.0',
  models: { served, failed: [{ name: 'm', version: 1, reason: 'no room' }] },
});

/** An upgrader, and a process that says what the test wants, one message after the other; an Error ends it. */
function createUpgrader(...said: readonly (FromSuccessor | Error | Promise<never>)[]) {
  const clock = new FakeClock();
  const events = new EventBus();
  const logged: Events['diagnostic'][] = [];
  events.subscribe('diagnostic', (event) => logged.push(event));
  const sent: ToSuccessor[] = [];
  const passed: object[] = [];
  const taken: Upgraded[] = [];
  const state = { ended: 0, released: 0, started: 0 };
  const left = [...said];
  let end = (_: Error): void => undefined;
  const gone = new Promise<never>((_, reject) => {
    end = reject;
  });
  gone.catch(() => undefined);
  const successor: Successor = {
    pid: 42,
    send(message, handle) {
      sent.push(message);
      if (handle !== undefined) passed.push(handle);
    },
    async next() {
      const message = await Promise.race([left.shift(), gone]);
      if (message === undefined || message instanceof Error) throw message ?? new Error('it says nothing');
      return message;
    },
    async end() {
      state.ended++;
      end(new Error('the new process ended by SIGTERM'));
    },
    release: () => void state.released++,
  };
  let refusal: string | undefined;
  let starting = Promise.resolve();
  const upgrader = new Upgrader({
    clock,
    events,
    refusal: async () => refusal,
    sockets: () => [SOCKET],
    served: () => ['m'],
    async start() {
      state.started++;
      await starting;
      return successor;
    },
    onTakenOver: (upgraded) => taken.push(upgraded),
  });
  return {
    upgrader,
    clock,
    logged,
    sent,
    passed,
    taken,
    state,
    refuse: (reason: string) => {
      refusal = reason;
    },
    delayStart(until: Promise<void>) {
      starting = until;
    },
    says: (...more: readonly FromSuccessor[]) => void left.splice(0, left.length, ...more),
  };
}

describe('an upgrade', () => {
  it('passes the sockets, lets the process listen once it serves the models, and ends with its readiness', async () => {
    const { upgrader, sent, passed, taken, state, logged } = createUpgrader(loaded('m', 'n'), { kind: 'ready' });
    expect(await upgrader.upgrade('key:ops')).toEqual({ pid: 42, version: '2.0.0' });
    const { handle, ...socket } = SOCKET;
    expect(sent).toEqual([{ kind: 'socket', ...socket }, { kind: 'begin', protocol: 1 }, { kind: 'proceed' }]);
    expect([passed, taken, state]).toEqual([
      [handle],
      [{ pid: 42, version: '2.0.0' }],
      { ended: 0, released: 1, started: 1 },
    ]);
    expect(logged[1]).toMatchObject({
      level: 'info',
      message: 'upgrade by key:ops: process 42 serves (millrace 2.0.0)',
    });
    await expect(upgrader.upgrade('key:ops')).rejects.toThrow('this server is ending');
    await upgrader.close();
    expect(state.ended).toBe(0);
  });

  it.each<[string, (FromSuccessor | Error)[], string]>([
    ['ends', [new Error('the new process ended by SIGKILL')], 'the new process ended by SIGKILL'],
    ['refuses', [{ kind: 'refused', reason: 'wrong settings' }], 'the new process does not take over: wrong settings'],
    ['lacks a model', [loaded('n')], "the new process does not serve 'm' (no room)"],
    ['ends before it listens', [loaded('m'), new Error('gone')], 'gone'],
    ['says something else', [{ kind: 'ready' }], "the new process said 'ready', expected 'loaded'"],
  ])('whose process %s changes nothing, and may be tried again', async (_, said, reason) => {
    const { upgrader, taken, state, logged, says } = createUpgrader(...said);
    await expect(upgrader.upgrade('SIGUSR2')).rejects.toMatchObject({ code: 'failed_precondition', message: reason });
    expect([taken, state]).toEqual([[], { ended: 1, released: 0, started: 1 }]);
    expect(logged[1]).toMatchObject({
      level: 'error',
      message: `upgrade by SIGUSR2 failed, and this server goes on: ${reason}`,
    });
    says(loaded('m'), { kind: 'ready' });
    expect(await upgrader.upgrade('SIGUSR2')).toEqual({ pid: 42, version: '2.0.0' });
  });

  it('gives up a process that is not ready within ten minutes', async () => {
    const { upgrader, clock, state } = createUpgrader(new Promise<never>(() => undefined));
    const upgrading = upgrader.upgrade('SIGUSR2');
    const refused = expect(upgrading).rejects.toThrow('the new process was not ready within 600 s');
    await clock.advance(600_000);
    await refused;
    expect(state.ended).toBe(1);
  });

  it('is refused beside another one, and where the server says so, before a process is started', async () => {
    const { upgrader, refuse, state } = createUpgrader(new Promise<never>(() => undefined));
    refuse('no room');
    await expect(upgrader.upgrade('SIGUSR2')).rejects.toThrow('no room');
    expect(state.started).toBe(0);
    const first = upgrader.upgrade('SIGUSR2');
    await expect(upgrader.upgrade('SIGUSR2')).rejects.toThrow('an upgrade is under way');
    const refused = expect(first).rejects.toThrow('no room');
    await refused;
  });

  it('ends with the server', async () => {
    const { upgrader, state } = createUpgrader(new Promise<never>(() => undefined));
    void upgrader.upgrade('SIGUSR2').catch(() => undefined);
    await new Promise(setImmediate);
    await upgrader.close();
    expect(state.ended).toBeGreaterThan(0);
    await expect(upgrader.upgrade('SIGUSR2')).rejects.toThrow('this server is ending');
  });

  it('ends with the server before the process is started, and while it is', async () => {
    const early = createUpgrader(loaded('m'), { kind: 'ready' });
    const upgrading = early.upgrader.upgrade('SIGUSR2');
    const refused = expect(upgrading).rejects.toThrow('this server is ending');
    await early.upgrader.close();
    await refused;
    expect(early.state.started).toBe(0);

    const late = createUpgrader(loaded('m'), { kind: 'ready' });
    let start = (): void => undefined;
    late.delayStart(
      new Promise((resolve) => {
        start = resolve;
      }),
    );
    const lateRefused = expect(late.upgrader.upgrade('SIGUSR2')).rejects.toThrow('this server is ending');
    await new Promise(setImmediate);
    let isClosed = false;
    const closing = late.upgrader.close().then(() => {
      isClosed = true;
    });
    await new Promise(setImmediate);
    expect([late.state, isClosed]).toEqual([{ ended: 0, released: 0, started: 1 }, false]);
    start();
    await Promise.all([closing, lateRefused]);
    expect(late.logged[1]?.message).toBe('upgrade by SIGUSR2 failed: this server is ending');
    expect([late.state, late.sent, late.taken]).toEqual([{ ended: 1, released: 0, started: 1 }, [], []]);
  });
});
