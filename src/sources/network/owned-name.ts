import { randomBytes } from 'node:crypto';

const OWNED = /^(?<base>.+)\.(?<pid>\d+)-[0-9a-f]{8}\.part$/;

/** A file name that belongs to this process: `<base>.<pid>-<random>.part`. */
export function ownedName(base: string): string {
  return `${base}.${process.pid}-${randomBytes(4).toString('hex')}.part`;
}

/** What a file name that {@link ownedName} has made is about, if the process is gone; undefined otherwise. */
export function abandonedBase(name: string): string | undefined {
  const { base, pid } = OWNED.exec(name)?.groups ?? {};
  return base === undefined || isAlive(Number(pid)) ? undefined : base;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Another user's process is alive.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
