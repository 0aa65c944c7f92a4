import { promises as fs } from 'node:fs';

interface Identity {
  /** Without symbolic links. */
  readonly path: string;
  /** Of the folder: its device, inode and time of birth, since an inode that is free is used again. */
  readonly folder: string;
}

/**
 * Which folder each repository was when a model was last found in it. Where there is another one at the same path with nothing in it, the
 * repository has vanished: a volume is not mounted, or the folder is being made anew. A symbolic link that leads elsewhere now was changed
 * on purpose, as those of Kubernetes' volumes and of releases are.
 */
export class FolderIdentities {
  readonly #found = new Map<string, Identity>();

  /**
   * To be called before the folder is listed. Gives what judges it afterwards: why an empty list does not count, as a sentence;
   * undefined = it does.
   */
  async look(repository: string): Promise<(holdsAny: boolean) => string | undefined> {
    const identity = await identityOf(repository);
    return (holdsAny) => {
      if (holdsAny) {
        if (identity !== undefined) this.#found.set(repository, identity);
        return undefined;
      }
      const before = this.#found.get(repository);
      const isAnother = before !== undefined && identity?.path === before.path && identity.folder !== before.folder;
      return isAnother ? `model repository ${repository} is not the folder that it was, and holds no model` : undefined;
    };
  }
}

async function identityOf(repository: string): Promise<Identity | undefined> {
  try {
    const path = await fs.realpath(repository);
    const { dev, ino, birthtimeNs } = await fs.stat(path, { bigint: true });
    return { path, folder: `${dev}:${ino}:${birthtimeNs}` };
  } catch {
    // Listing it says why.
    return undefined;
  }
}
