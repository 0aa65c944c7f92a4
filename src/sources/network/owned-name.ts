import { randomBytes } from 'node:crypto';
import { MARK_PATTERN, PROCESS_MARK, processState } from '../../repository/index.js';

const OWNED = new RegExp(`^(?<base>.+)\\.(?<mark>${MARK_PATTERN})-[0-9a-f]{8}\\.part$`);

/** No process leaves what it writes alone for so long. */
const LONG_MS = 86_400_000;

/** A file name that belongs to this process: `<base>.<mark of the process>-<random>.part`. */
export function ownedName(base: string): string {
  return `${base}.${PROCESS_MARK}-${randomBytes(4).toString('hex')}.part`;
}

/** What a file name that {@link ownedName} has made is about, if the process is gone; undefined otherwise, and where nobody can tell. */
export function abandonedBase(name: string): string | undefined {
  const { base, mark } = OWNED.exec(name)?.groups ?? {};
  return base === undefined || processState(mark ?? '') !== 'gone' ? undefined : base;
}

/** Whether somebody may be at work on a file of that name, which was last changed so long ago: by time where only that tells. */
export function mayBeInUse(name: string, ageMs: number): boolean {
  const { mark } = OWNED.exec(name)?.groups ?? {};
  if (mark === undefined) return false;
  const state = processState(mark);
  return state === 'alive' || (state === 'elsewhere' && ageMs < LONG_MS);
}
