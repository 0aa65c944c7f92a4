import { promises as fs } from 'node:fs';
import path from 'node:path';
import { MARK_PATTERN, PROCESS_MARK, processState } from './process-mark.js';

const PREFIX = 'millrace-upload-';
const NAME = new RegExp(`^${PREFIX}(${MARK_PATTERN})-\\w{6}$`);

/** Makes a new folder in `parent` whose name says which process it belongs to; only this user can read it. */
export async function makeUploadFolder(parent: string): Promise<string> {
  return fs.mkdtemp(path.join(await fs.realpath(parent), `${PREFIX}${PROCESS_MARK}-`));
}

/** Removes the folders of this user in `parent` whose processes are gone without having done so. Never rejects. */
export async function removeLeftUploads(parent: string): Promise<void> {
  const names = await fs.readdir(parent).catch(() => []);
  for (const name of names) {
    const [, mark] = NAME.exec(name) ?? [];
    if (mark !== undefined && processState(mark) === 'gone') {
      await removeOwn(path.join(parent, name)).catch(() => undefined);
    }
  }
}

/** Anybody may put folders of such a name into the system's temporary one; those are left alone. */
async function removeOwn(folder: string): Promise<void> {
  const stats = await fs.lstat(folder);
  if (!stats.isDirectory() || (process.getuid !== undefined && stats.uid !== process.getuid())) return;
  await fs.rm(folder, { recursive: true, force: true });
}
