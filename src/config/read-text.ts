import { readFileSync, statSync } from 'node:fs';

/** The UTF-8 text of a regular file of at most `maxBytes`. Throws an Error whose message completes "<file>: …". */
export function readText(path: string, maxBytes: number): string {
  let content: Uint8Array;
  try {
    const { size } = statSync(path);
    if (size > maxBytes) throw new Error(`is ${size} bytes long, expected at most ${maxBytes}`);
    content = readFileSync(path);
  } catch (error) {
    throw new Error(describeFailure(error));
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(content);
  } catch {
    throw new Error('is not UTF-8 text');
  }
}

function describeFailure(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  switch (code) {
    case 'ENOENT':
      return 'does not exist';
    case 'EACCES':
      return 'may not be read';
    case 'EISDIR':
      return 'is a folder, expected a file';
    default:
      return message;
  }
}
