import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { invalidArgument } from '../core/index.js';
import type { Io } from './io.js';

/** A file that the user named; `-` = the standard input. Throws `invalid_argument` that says what is wrong with it. */
export async function readBytes(io: Pick<Io, 'cwd' | 'readStdin'>, path: string): Promise<Uint8Array> {
  if (path === '-') return io.readStdin();
  try {
    return await readFile(resolve(io.cwd, path));
  } catch (cause) {
    throw invalidArgument(`${path} ${readProblem(cause)}`, { cause });
  }
}

/** Completes "<path> …": why the system does not let it be read. */
export function readProblem(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`;
}

export async function readText(io: Pick<Io, 'cwd' | 'readStdin'>, path: string): Promise<string> {
  return new TextDecoder().decode(await readBytes(io, path));
}

/** What is written, and how: `newFolders` makes missing folders, `newFile` fails where there is a file already. */
export interface Writing {
  readonly content: string | Uint8Array;
  readonly newFolders?: boolean;
  readonly newFile?: boolean;
}

/** Writes a file that the user named. Throws `invalid_argument` that says why it cannot be written. */
export async function writeNamed(
  io: Pick<Io, 'cwd'>,
  path: string,
  { content, newFolders = false, newFile = false }: Writing,
): Promise<void> {
  const file = resolve(io.cwd, path);
  try {
    if (newFolders) await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content, newFile ? { flag: 'wx' } : {});
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw invalidArgument(`${path} cannot be written (${code})`, { cause });
  }
}
