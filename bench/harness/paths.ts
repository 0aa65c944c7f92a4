import { existsSync } from 'node:fs';
import path from 'node:path';

/** The repository, from wherever this file was compiled to. */
export const ROOT = findRoot(import.meta.dirname);

export function inRoot(...segments: string[]): string {
  return path.join(ROOT, ...segments);
}

function findRoot(folder: string): string {
  return existsSync(path.join(folder, 'package.json')) ? folder : findRoot(path.dirname(folder));
}
