import { promises as fs } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** File contents by relative path; a path that ends in `/` is an empty folder, `{ link }` a symbolic link. */
export type FolderContents = Readonly<Record<string, string | Uint8Array | { readonly link: string }>>;

/** A temporary folder that disappears with `await using`. */
export interface TempFolder extends AsyncDisposable {
  readonly path: string;
  /** Writes files and gives them and their folders the modification time `atMs` (epoch). */
  write(contents: FolderContents, atMs?: number): Promise<void>;
  remove(relative: string): Promise<void>;
}

const LONG_AGO_MS = Date.UTC(2020, 0, 1);

/** Creates a temporary folder; unless told otherwise its files look as if they had been written years ago. */
export async function createTempFolder(contents: FolderContents = {}): Promise<TempFolder> {
  const folder = await fs.mkdtemp(path.join(await fs.realpath(os.tmpdir()), 'millrace-test-'));
  const temp: TempFolder = {
    path: folder,
    write: (more, atMs = LONG_AGO_MS) => writeAll(folder, more, atMs),
    remove: (relative) => fs.rm(path.join(folder, relative), { recursive: true }),
    [Symbol.asyncDispose]: () => fs.rm(folder, { recursive: true, force: true }),
  };
  await temp.write(contents);
  return temp;
}

async function writeAll(root: string, contents: FolderContents, atMs: number): Promise<void> {
  const touched = new Set<string>();
  for (const [relative, content] of Object.entries(contents)) {
    const target = path.join(root, relative);
    const folder = relative.endsWith('/') ? target : path.dirname(target);
    await fs.mkdir(folder, { recursive: true });
    if (typeof content === 'object' && 'link' in content) await fs.symlink(content.link, target);
    else if (!relative.endsWith('/')) {
      await fs.writeFile(target, content);
      touched.add(target);
    }
    for (let up = folder; up.startsWith(root) && up !== root; up = path.dirname(up)) touched.add(up);
  }
  for (const target of touched) await fs.utimes(target, atMs / 1000, atMs / 1000);
}
