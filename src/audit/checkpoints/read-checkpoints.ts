import type { KeyObject } from 'node:crypto';
import type { ChainFault } from '../chain/chain-verifier.js';
import { readLines } from '../chain/lines.js';
import { type Checkpoint, readCheckpoint } from './checkpoint.js';

/** What a file of checkpoints says. */
export interface Checkpoints {
  readonly file: string;
  readonly checkpoints: readonly Checkpoint[];
  /** The first line that is no checkpoint, or was not signed with the key. */
  readonly fault: ChainFault | undefined;
}

/** Reads a file of checkpoints as far as it is signed with the key. A last line without an end was not written in full. */
export async function readCheckpoints(file: string, publicKey: KeyObject): Promise<Checkpoints> {
  const checkpoints: Checkpoint[] = [];
  for await (const lines of readLines(file)) {
    for (const { text, number, isComplete } of lines) {
      const checkpoint = readCheckpoint(text, publicKey);
      if (checkpoint !== undefined) checkpoints.push(checkpoint);
      else if (isComplete) return { file, checkpoints, fault: faultAt(file, number) };
    }
  }
  return { file, checkpoints, fault: undefined };
}

function faultAt(file: string, line: number): ChainFault {
  const message = `${file}:${line}: is no checkpoint that was signed with this key`;
  return { kind: 'altered', chain: '', seq: 0, file, line, message };
}
