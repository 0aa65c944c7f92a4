import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { MillraceError } from '../core/index.js';
import type { Io } from './io.js';

/** A file that the user named; `-` = the standard input. Throws `invalid_argument` that says what is wrong with it. */
export async function readBytes(io: Pick<Io, 'cwd' | 'readStdin'>, path: string): Promise<Uint8Array> {
  if (path === '-') return io.readStdin();
  try {
    return await readFile(resolve(io.cwd, path));
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const problem = code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`;
    throw new MillraceError('invalid_argument', `${path} ${problem}`, { cause });
  }
}

export async function readText(io: Pick<Io, 'cwd' | 'readStdin'>, path: string): Promise<string> {
  return new TextDecoder().decode(await readBytes(io, path));
}
