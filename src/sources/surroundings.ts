import { readFile } from 'node:fs/promises';
import os from 'node:os';
import type { Surroundings } from './registries/registry.js';

/** This machine and its user, as npm and pip see them. */
export function systemSurroundings(env: Surroundings['env'], cwd: string): Surroundings {
  return {
    env,
    cwd,
    home: env.HOME ?? os.homedir(),
    platform: process.platform,
    execPath: process.execPath,
    readFile: (file) => readFile(file, 'utf8').catch(() => undefined),
  };
}
