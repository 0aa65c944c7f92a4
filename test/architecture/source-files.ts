import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export interface SourceFile {
  /** Relative to the repository, with slashes: `src/core/call.ts`. */
  readonly path: string;
  readonly text: string;
  readonly lines: number;
}

/** The files of src that are published: TypeScript without tests. */
export function sourceFiles(): readonly SourceFile[] {
  return readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => {
      const text = readFileSync(path.join('src', name), 'utf8');
      return { path: path.posix.join('src', ...name.split(path.sep)), text, lines: text.trimEnd().split('\n').length };
    });
}
