import { execFileSync } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { inRoot } from './paths.js';

/** A compiled millrace to start. */
export interface Build {
  /** What node runs. */
  readonly entry: string;
  /** What it was compiled from, as far as git knows. */
  readonly commit: string;
}

export const OWN_BUILD = inRoot('dist/cli/main.js');

/** The build in a folder: a checkout that is compiled, an installed package, or their `dist`. Throws when there is none. */
export function buildAt(folder: string): Build {
  const entry = ['dist/cli/main.js', 'cli/main.js'].map((file) => path.resolve(folder, file)).find(existsSync);
  if (entry === undefined) throw new Error(`no build in ${folder}: expected dist/cli/main.js (npm run build)`);
  return { entry: realpathSync(entry), commit: commitOf(path.dirname(entry)) };
}

/** `git describe` of the checkout that a folder lies in; `unknown` outside of one. */
export function commitOf(folder: string): string {
  try {
    return execFileSync('git', ['describe', '--always', '--dirty'], {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return 'unknown';
  }
}
