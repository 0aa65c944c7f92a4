import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { inCache } from './paths.js';

/** A folder of the cache with these packages in its `node_modules`. */
export function installPackages(name: string, packages: readonly string[]): string {
  const folder = inCache(name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'package.json'), '{ "private": true }');
  execFileSync('npm', ['install', '--silent', '--no-audit', '--no-fund', '--prefer-offline', ...packages], {
    cwd: folder,
    stdio: 'pipe',
  });
  return folder;
}

/** Runs a program; resolves with all that it printed, however it ended. */
export async function runNode(args: readonly string[], limitMs: number): Promise<string> {
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { timeout: limitMs });
    return stdout + stderr;
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { readonly stdout?: string; readonly stderr?: string };
    return stdout + stderr;
  }
}
