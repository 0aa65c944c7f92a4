import type { AnsweredRows } from '../types.js';

/** How far an output has come, as it is kept with the checkpoint. */
export type WriterMark =
  | { readonly kind: 'text'; readonly bytes: number }
  | { readonly kind: 'parts'; readonly parts: number; readonly types: readonly string[] };

/** Writes rows in order. What has been written since the last commit is gone when the process ends. */
export interface RowWriter {
  write(rows: AnsweredRows): Promise<void>;
  /** Resolves once all rows so far are on the disk. */
  commit(): Promise<WriterMark>;
  /** After the last commit: puts the whole output at a path of the same file system, on the disk. */
  finish(target: string): Promise<void>;
  close(): Promise<void>;
}
