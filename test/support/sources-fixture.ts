import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { systemClock } from '../../src/core/index.js';
import type { PullSetup } from '../../src/sources/index.js';
import { DownloadCache, HttpClient } from '../../src/sources/index.js';
import type { Surroundings } from '../../src/sources/registries/registry.js';

/** Bytes that nobody can compress to nothing, always the same. */
export function someBytes(length: number): Buffer {
  let state = 1;
  return Buffer.from(
    Array.from({ length }, () => {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
      return state >> 16;
    }),
  );
}

/** A user without any configuration of npm and pip but this environment. */
export function surroundings(
  env: Readonly<Record<string, string>>,
  files: Readonly<Record<string, string>> = {},
): Surroundings {
  return {
    env,
    cwd: '/work',
    home: '/home/me',
    platform: 'linux',
    execPath: '/usr/bin/node',
    readFile: async (file) => files[file],
  };
}

/** Everything for a pull, with a cache in `folder`. */
export function pullSetup(folder: string, env: Readonly<Record<string, string>> = {}): PullSetup {
  return {
    surroundings: surroundings(env),
    client: new HttpClient({ clock: systemClock, stallMs: 60_000, allowPrivate: false }),
    cache: new DownloadCache(path.join(folder, 'cache'), 1_000_000),
    maxBytes: 100_000,
    names: {
      isModel: (file) => /\.(onnx|gguf)$/.test(file),
      expected: 'one *.onnx or one *.gguf',
      samplingSection: (file) => (file.endsWith('.gguf') ? 'llama' : undefined),
    },
    onProgress: () => undefined,
  };
}

/** Every file below a folder, with its text. */
export async function textsIn(folder: string): Promise<Readonly<Record<string, string>>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  const texts = files.map(async (file) => [path.relative(folder, file), await readFile(file, 'latin1')] as const);
  return Object.fromEntries((await Promise.all(texts)).sort());
}
