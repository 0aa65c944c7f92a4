import { readdirSync, readFileSync } from 'node:fs';

/** A file of /proc; undefined where the system has none, or the process has ended. */
export function readProc(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}

/** The names in a folder of /proc; none where the system has no such folder, or the process has ended. */
export function listProc(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
