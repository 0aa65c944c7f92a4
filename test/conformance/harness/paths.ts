import { existsSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';

/** The repository, from wherever this file was compiled to. */
const ROOT = findRoot(import.meta.dirname);

export function inRoot(...segments: string[]): string {
  return path.join(ROOT, ...segments);
}

/** A path of the git-ignored folder in which the suites install things and write their reports. */
export function inCache(...segments: string[]): string {
  return inRoot('.cache/conformance', ...segments);
}

/** An empty folder there, emptied when it exists. */
export function emptyFolder(...segments: string[]): string {
  const folder = inCache(...segments);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return folder;
}

function findRoot(folder: string): string {
  return existsSync(path.join(folder, 'package.json')) ? folder : findRoot(path.dirname(folder));
}
