import type { Command } from 'commander';
import type { Io } from './io.js';

/** What commands are registered with. */
export interface CommandContext {
  readonly io: Io;
  /** Sets the exit code of a command that ends without an error; 0 otherwise. */
  readonly exitWith: (code: number) => void;
}

/** Adds one command to the program. */
export type RegisterCommand = (program: Command, context: CommandContext) => void;

/** Lines under `--help`: what one would type. */
export function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}`;
}
