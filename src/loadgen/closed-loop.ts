import { type Driver, type DriverOptions, sweepIntervalMs } from './driver.js';
import { Lane } from './lane.js';

const MAX_BACKOFF_MS = 100;

/**
 * A fixed number of clients, each sending its next request when the answer to the last is in. After a failure a client
 * waits a little, doubling up to 100 ms, so that a dead server is not hammered.
 */
export function createClosedLoop(options: DriverOptions, concurrency: number): Driver {
  const { recorder, timeoutMs } = options;
  const failures = new Map<Lane, number>();
  const timers = new Set<NodeJS.Timeout>();
  let running = false;
  let sweep: NodeJS.Timeout | undefined;

  function send(lane: Lane): void {
    if (running) lane.send(recorder.arrive(performance.now()));
  }

  function onFree(lane: Lane, ok: boolean): void {
    if (ok) {
      failures.set(lane, 0);
      send(lane);
      return;
    }
    const count = (failures.get(lane) ?? 0) + 1;
    failures.set(lane, count);
    const timer = setTimeout(
      () => {
        timers.delete(timer);
        send(lane);
      },
      Math.min(MAX_BACKOFF_MS, 2 ** Math.min(count, 10)),
    );
    timers.add(timer);
  }

  function stop(): void {
    running = false;
    for (const timer of timers) clearTimeout(timer);
    timers.clear();
  }

  const lanes = Array.from({ length: concurrency }, () => new Lane({ ...options.lane, onFree }));
  return {
    start() {
      running = true;
      sweep = setInterval(() => {
        const now = performance.now();
        for (const lane of lanes) lane.expire(now);
      }, sweepIntervalMs(timeoutMs));
      for (const lane of lanes) send(lane);
    },
    stop,
    close() {
      stop();
      clearInterval(sweep);
      for (const lane of lanes) lane.close();
    },
  };
}
