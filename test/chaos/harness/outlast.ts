import { setTimeout as pause } from 'node:timers/promises';
import type { Journal } from './journal.js';

const LIMIT_MS = 60_000;

/**
 * Resolves once `holds` does, and rejects after a minute, naming `what`. Unlike `until` it asks seldom: the processors are
 * the server's and its clients'.
 */
export async function eventually(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const giveUpAt = performance.now() + LIMIT_MS; !(await holds()); await pause(50)) {
    if (performance.now() > giveUpAt) throw new Error(`after ${LIMIT_MS} ms still not so: ${what}`);
  }
}

/** Resolves once clients have had right answers, of a model or of any, while a trouble lasts; notes how many. */
export async function outlast(journal: Journal, trouble: string, model?: string): Promise<void> {
  const before = journal.right(model);
  await eventually(`${model ?? 'the server'} answers while ${trouble}`, () => journal.right(model) > before);
  journal.outlast(trouble, journal.right(model) - before);
}
