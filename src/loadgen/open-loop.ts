import type { Gaps } from './arrivals.js';
import { type Driver, type DriverOptions, sweepIntervalMs } from './driver.js';
import { Lane } from './lane.js';
import type { Ticket } from './recorder.js';

export interface OpenLoopOptions {
  readonly gaps: Gaps;
  readonly maxConnections: number;
}

/** Timers of Node have a resolution of a millisecond; the rest of a wait is spent in a loop of `setImmediate`. */
const SPIN_MS = 2;
const MAX_BACKLOG = 100_000;

/**
 * Requests that become due on a schedule, whatever the server does. One that finds all connections busy waits in the
 * generator; its latency counts from when it was due, so a stalled server cannot hide what it did to those behind.
 */
export function createOpenLoop(options: DriverOptions, loop: OpenLoopOptions): Driver {
  const { recorder, timeoutMs } = options;
  const lanes: Lane[] = [];
  const idle: Lane[] = [];
  const backlog = new Backlog();
  let running = false;
  let nextAt = 0;
  let sweep: NodeJS.Timeout | undefined;

  function fail(ticket: Ticket, outcome: string): void {
    recorder.settle(ticket, {
      ok: false,
      outcome,
      at: performance.now(),
      receivedBytes: 0,
      timed: outcome === 'timeout',
    });
  }

  function onFree(lane: Lane): void {
    const ticket = backlog.shift();
    if (ticket === undefined) idle.push(lane);
    else lane.send(ticket);
  }

  function arrive(dueAt: number): void {
    const ticket = recorder.arrive(dueAt);
    const lane = idle.pop();
    if (lane !== undefined) {
      lane.send(ticket);
    } else if (lanes.length < loop.maxConnections) {
      const fresh = new Lane({ ...options.lane, onFree });
      lanes.push(fresh);
      fresh.send(ticket);
    } else if (backlog.length < MAX_BACKLOG) {
      backlog.push(ticket);
    } else {
      fail(ticket, 'backlog full');
    }
  }

  function tick(): void {
    if (!running) return;
    const now = performance.now();
    while (running && nextAt <= now) {
      arrive(nextAt);
      nextAt += loop.gaps();
    }
    const waitMs = nextAt - performance.now();
    if (waitMs > SPIN_MS) setTimeout(tick, Math.floor(waitMs - SPIN_MS) + 1);
    else setImmediate(tick);
  }

  function expire(): void {
    const now = performance.now();
    for (const lane of lanes) lane.expire(now);
    for (let ticket = backlog.first; ticket !== undefined; ticket = backlog.first) {
      if (now - ticket.dueAt < timeoutMs) break;
      backlog.shift();
      fail(ticket, 'timeout');
    }
  }

  return {
    start() {
      running = true;
      nextAt = performance.now() + loop.gaps();
      sweep = setInterval(expire, sweepIntervalMs(timeoutMs));
      tick();
    },
    stop() {
      running = false;
    },
    close() {
      running = false;
      clearInterval(sweep);
      for (let ticket = backlog.shift(); ticket !== undefined; ticket = backlog.shift()) fail(ticket, 'stopped');
      for (const lane of lanes) lane.close();
    },
  };
}

/** First in, first out, without moving what remains on every step. */
class Backlog {
  #tickets: Ticket[] = [];
  #head = 0;

  get length(): number {
    return this.#tickets.length - this.#head;
  }

  get first(): Ticket | undefined {
    return this.#tickets[this.#head];
  }

  push(ticket: Ticket): void {
    this.#tickets.push(ticket);
  }

  shift(): Ticket | undefined {
    const ticket = this.#tickets[this.#head];
    if (ticket === undefined) return undefined;
    this.#head++;
    if (this.#head > 1024 && this.#head * 2 > this.#tickets.length) {
      this.#tickets = this.#tickets.slice(this.#head);
      this.#head = 0;
    }
    return ticket;
  }
}
