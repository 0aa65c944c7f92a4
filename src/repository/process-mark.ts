import { createHash } from 'node:crypto';
import { readlinkSync } from 'node:fs';
import os from 'node:os';

/**
 * Where process ids mean what they do here: this machine and, in containers that share a folder, this one's processes.
 * Nobody can tell whether a process of elsewhere still runs.
 */
const PLACE = createHash('sha256').update(`${os.hostname()} ${pidNamespace()}`).digest('hex').slice(0, 8);

/** By what names of files and folders say that they belong to this process. */
export const PROCESS_MARK = `${PLACE}-${process.pid}`;

/** Text of a regular expression for the marks of processes. */
export const MARK_PATTERN = '[0-9a-f]{8}-\\d{1,10}';

/** What is known of the process with a mark. */
export function processState(mark: string): 'alive' | 'gone' | 'elsewhere' {
  const [place, pid] = mark.split('-');
  if (place !== PLACE) return 'elsewhere';
  try {
    process.kill(Number(pid), 0);
    return 'alive';
  } catch (error) {
    // Another user's process is alive.
    return (error as NodeJS.ErrnoException).code === 'ESRCH' ? 'gone' : 'alive';
  }
}

function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    // Only Linux has them.
    return '';
  }
}
