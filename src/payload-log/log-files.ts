import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';

const NAME = /^payloads-(\d{4}-\d\d-\d\d)T(\d\d)(\d\d)(\d\d)\.(\d{3})Z-\d+\.jsonl$/;
const DAY_MS = 86_400_000;

/** A file of the log: `payloads-2026-11-27T120000.000Z-PID.jsonl`, in order of their names. */
export interface LogFileEntry {
  readonly file: string;
  readonly name: string;
  /** When it was begun; milliseconds since the Unix epoch. */
  readonly beginMs: number;
}

/** Each process writes files of its own. */
export function nameOfLogFile(beginMs: number, pid = process.pid): string {
  return `payloads-${new Date(beginMs).toISOString().replaceAll(':', '')}-${pid}.jsonl`;
}

/** The files of a log, the oldest first; none where there is no folder. */
export async function listLogFiles(folder: string): Promise<readonly LogFileEntry[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return names.toSorted().flatMap((name) => {
    const [, day, hours, minutes, seconds, ms] = NAME.exec(name) ?? [];
    if (day === undefined) return [];
    const beginMs = Date.parse(`${day}T${hours}:${minutes}:${seconds}.${ms}Z`);
    return [{ file: path.join(folder, name), name, beginMs }];
  });
}

export interface Retention {
  readonly keepDays: number;
  readonly maxSizeBytes: number;
}

/** Removes files that were begun too long ago, and the oldest where all are too large; never the newest for its size. */
export async function removeOldFiles(folder: string, retention: Retention, nowMs: number): Promise<void> {
  const files = await listLogFiles(folder);
  let sizeBytes = 0;
  for (const [index, { file, beginMs }] of files.toReversed().entries()) {
    sizeBytes += await stat(file).then(
      ({ size }) => size,
      () => 0,
    );
    const isTooMuch = index > 0 && sizeBytes > retention.maxSizeBytes;
    if (isTooMuch || nowMs - beginMs >= retention.keepDays * DAY_MS) await rm(file, { force: true });
  }
}
