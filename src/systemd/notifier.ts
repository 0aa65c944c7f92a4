import type { Clock, Timer } from '../core/index.js';
import { type Environment, readCount } from './listen-fds.js';
import type { SendState } from './notify-socket.js';

export interface NotifierOptions {
  readonly send: SendState;
  readonly clock: Clock;
  readonly pid: number;
  /** Microseconds within which systemd expects a sign of life; undefined = it does not watch. */
  readonly watchdogUsec: number | undefined;
  /** `CLOCK_MONOTONIC` in microseconds. */
  readonly monotonicUsec: () => bigint;
  /** A message did not get away; once for each kind of failure in a row. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * Tells systemd what a service of `Type=notify` is doing, by sd_notify(3): starting, ready, reloading, stopping. A message that does not
 * get away is reported and does nothing else.
 */
export class Notifier {
  readonly #options: NotifierOptions;
  #state: 'starting' | 'ready' | 'stopping' = 'starting';
  #status = '';
  #watchdog: Timer | undefined;
  #hasFailed = false;

  constructor(options: NotifierOptions) {
    this.#options = options;
    const { watchdogUsec } = options;
    if (watchdogUsec !== undefined) this.#watch(watchdogUsec / 2_000);
  }

  /** What it does until it is ready. */
  starting(status: string): void {
    this.#send([statusLine(status)]);
  }

  /** It serves. Nothing is said once it stops. */
  ready(status: string): void {
    if (this.#state === 'stopping') return;
    this.#state = 'ready';
    this.#status = status;
    this.#sayReady();
  }

  /** It reads its settings again with `reload`. A service that is not ready yet, or stops, does so without a word. */
  async reloading(reload: () => Promise<unknown>): Promise<void> {
    if (this.#state === 'ready') {
      const { monotonicUsec } = this.#options;
      this.#send(['RELOADING=1', `MONOTONIC_USEC=${monotonicUsec()}`, statusLine('reloading the settings')]);
    }
    try {
      await reload();
    } finally {
      if (this.#state === 'ready') this.#sayReady();
    }
  }

  /** It drains and ends; its signs of life go on until then. */
  stopping(status: string): void {
    if (this.#state === 'stopping') return;
    this.#state = 'stopping';
    this.#send(['STOPPING=1', statusLine(status)]);
  }

  /** Another process is the service now, and says what becomes of it. */
  handedOver(pid: number): void {
    this.#state = 'stopping';
    this.#send([`MAINPID=${pid}`]);
    this.close();
  }

  close(): void {
    this.#watchdog?.clear();
  }

  #sayReady(): void {
    // The service may have been started by another program, such as npx.
    this.#send(['READY=1', `MAINPID=${this.#options.pid}`, statusLine(this.#status)]);
  }

  /** The timer is one of the event loop: a loop that does not turn gives no sign of life. */
  #watch(intervalMs: number): void {
    this.#watchdog = this.#options.clock.setTimer(intervalMs, () => {
      this.#send(['WATCHDOG=1']);
      this.#watch(intervalMs);
    });
  }

  #send(lines: readonly string[]): void {
    try {
      this.#options.send(lines.join('\n'));
      this.#hasFailed = false;
    } catch (error) {
      if (!this.#hasFailed) this.#options.onFailure(error);
      this.#hasFailed = true;
    }
  }
}

/** Microseconds of `WatchdogSec=` by sd_watchdog_enabled(3); undefined where process `pid` is not watched. Throws `invalid_argument`. */
export function readWatchdog(
  { WATCHDOG_USEC: usec, WATCHDOG_PID: owner }: Environment,
  pid: number,
): number | undefined {
  if (usec === undefined || (owner !== undefined && readCount('WATCHDOG_PID', owner) !== pid)) return undefined;
  const interval = readCount('WATCHDOG_USEC', usec);
  return interval === 0 ? undefined : interval;
}

function statusLine(status: string): string {
  return `STATUS=${status.replaceAll('\n', ' ')}`;
}
