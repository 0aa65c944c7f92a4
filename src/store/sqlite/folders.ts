import { mkdir, open } from 'node:fs/promises';
import path from 'node:path';

/** Creates a folder that is missing, for its owner alone. */
export async function createFolder(folder: string): Promise<void> {
  const created = await mkdir(folder, { recursive: true, mode: 0o700 });
  if (created !== undefined) await syncFolder(path.dirname(created));
}

/** Makes its entries durable. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

/** `state/store-bodies` for `state/store.db`. */
export function folderBeside(file: string, name: string): string {
  return `${file.replace(/\.[^./\\]+$/, '')}-${name}`;
}
