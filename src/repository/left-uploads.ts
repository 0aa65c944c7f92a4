import { createHash } from 'node:crypto';
import { promises as fs, readlinkSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const PREFIX = 'millrace-upload-';
const NAME = /^millrace-upload-([0-9a-f]{8})-(\d{1,10})-\w{6}$/;

/**
 * Where process ids mean what they do here: this machine and, in containers that share a folder, this one's processes.
 * Nobody can tell whether a process of elsewhere still runs.
 */
const PLACE = createHash('sha256').update(`${os.hostname()} ${pidNamespace()}`).digest('hex').slice(0, 8);

/** Makes a new folder in `parent` whose name says which process it belongs to; only this user can read it. */
export async function makeUploadFolder(parent: string): Promise<string> {
  return fs.mkdtemp(path.join(await fs.realpath(parent), `${PREFIX}${PLACE}-${process.pid}-`));
}

/** Removes the folders of this user in `parent` whose processes are gone without having done so. Never rejects. */
export async function removeLeftUploads(parent: string): Promise<void> {
  const names = await fs.readdir(parent).catch(() => []);
  for (const name of names) {
    const [, place, pid] = NAME.exec(name) ?? [];
    if (place === PLACE && isGone(Number(pid))) await removeOwn(path.join(parent, name)).catch(() => undefined);
  }
}

/** Anybody may put folders of such a name into the system's temporary one; those are left alone. */
async function removeOwn(folder: string): Promise<void> {
  const stats = await fs.lstat(folder);
  if (!stats.isDirectory() || (process.getuid !== undefined && stats.uid !== process.getuid())) return;
  await fs.rm(folder, { recursive: true, force: true });
}

function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
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
