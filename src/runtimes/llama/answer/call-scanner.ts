import type { OfferedTool } from '../../../generation/index.js';

/** Whether a character belongs to the call, ends it, or is invalid there. */
export type Scanned = 'inside' | 'last' | 'wrong';

/** Reads the call of a tool as a model writes it, character by character. */
export interface CallScanner {
  /** The tool, as soon as it is known to be one that the caller has. */
  readonly tool: string | undefined;
  /** The call's id, where the model writes one that its template wants to have again. */
  readonly id: string | undefined;
  /** Whether more of the arguments follows. */
  readonly isInArguments: boolean;
  /** The arguments as the model has written them so far; nothing before the tool is known. */
  readonly written: string;
  /** Where a character is wrong: how many of the last ones do not belong to the call, this one among them. */
  readonly unread: number;
  take(character: string): Scanned;
  /** JSON of the arguments that has come since this was asked last; nothing before the tool is known. */
  takeArguments(): string;
}

/** Reads the arguments of a call. */
export interface ArgumentReader {
  readonly isOpen: boolean;
  readonly written: string;
  readonly unread: number;
  take(character: string): Scanned;
  /** JSON that has come since this was asked last. */
  takeJson(): string;
}

/** The tool of that name, if the caller has it. */
export type FindTool = (name: string) => OfferedTool | undefined;

/** Longer than any name of a tool or of an argument with what stands around it. */
export const MAX_HEAD_LENGTH = 256;

/** Whitespace of markup and JSON. */
export function isSpace(character: string): boolean {
  return character === ' ' || character === '\n' || character === '\t' || character === '\r';
}
