import type { Report } from './attacker.js';
import type { Armed } from './shots.js';

/** What is still unanswered so long after the last attack is given up. */
const SETTLE_MS = 2_000;

export interface OpenLoop {
  /** Sends nothing more, waits for outcomes that are to come soon, and closes the connections of the others. */
  end(): Promise<Report>;
}

/** Attacks whenever it is due, however many attacks have no outcome yet; 0 times a second = once. */
export function attackOpenly(armed: Armed, timesPerSecond: number): OpenLoop {
  const outcomes: Record<string, number> = {};
  const pending = new Set<Promise<void>>();
  const latenessMs: number[] = [];
  const startedAt = performance.now();
  const cpuBefore = process.cpuUsage();
  let timer: NodeJS.Timeout | undefined;
  const fire = (): void => {
    for (const outcome of armed.fire()) {
      const counted = outcome.then((name) => {
        outcomes[name] = (outcomes[name] ?? 0) + 1;
        pending.delete(counted);
      });
      pending.add(counted);
    }
  };
  const next = (dueAt: number): void => {
    latenessMs.push(Math.max(0, performance.now() - dueAt));
    fire();
    if (timesPerSecond === 0) return;
    const nextAt = dueAt + 1_000 / timesPerSecond;
    timer = setTimeout(next, nextAt - performance.now(), nextAt);
  };
  next(startedAt);
  return {
    async end() {
      clearTimeout(timer);
      const wallMs = performance.now() - startedAt;
      const { user, system } = process.cpuUsage(cpuBefore);
      await Promise.race([Promise.all(pending), new Promise((resolve) => setTimeout(resolve, SETTLE_MS))]);
      if (pending.size > 0) outcomes.unanswered = pending.size;
      const report = { outcomes: { ...outcomes }, latenessMs, cpuMs: (user + system) / 1_000, wallMs };
      armed.close();
      await Promise.all(pending);
      return report;
    },
  };
}
