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
  return filesIn('src').filter((file) => file.path.endsWith('.ts') && !file.path.endsWith('.test.ts'));
}

/** Everything that is written in TypeScript or JavaScript here: the program, its tests, benchmarks, scripts and examples. */
export function codeFiles(): readonly SourceFile[] {
  return ['src', 'assembly', 'test', 'bench', 'scripts', 'examples'].flatMap(filesIn);
}

function filesIn(folder: string): readonly SourceFile[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.m?[jt]s$/.test(name))
    .map((name) => {
      const text = readFileSync(path.join(folder, name), 'utf8');
      return { path: path.posix.join(folder, ...name.split(path.sep)), text, lines: text.trimEnd().split('\n').length };
    });
}
