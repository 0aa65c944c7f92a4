import { readdir } from 'node:fs/promises';
import path from 'node:path';

/** A file with entries of one chain that follow each other. */
export interface Segment {
  readonly file: string;
  readonly chain: string;
  /** From 1. */
  readonly index: number;
}

const NAME = /^(\d{8}T\d{9}Z-[0-9a-f]{8})\.(\d{6})\.jsonl$/;

/** A chain's name: when it began, and something that no other has. Names sort as chains begin. */
export function chainName(wallNow: number, random: Uint8Array): string {
  const time = new Date(wallNow).toISOString().replace(/[-:.]/g, '');
  return `${time}-${Buffer.from(random).toString('hex').slice(0, 8)}`;
}

/** Name of a segment's file. */
export function segmentName(chain: string, index: number): string {
  return `${chain}.${String(index).padStart(6, '0')}.jsonl`;
}

/** The segments of a folder, the oldest chain first; none where there is no folder. Other files are not looked at. */
export async function listSegments(folder: string): Promise<readonly Segment[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return segmentsAmong(names, folder);
}

/** Those of a folder's files that are segments, the oldest chain first. */
export function segmentsAmong(names: readonly string[], folder: string): readonly Segment[] {
  return names.toSorted().flatMap((name) => {
    const [, chain, index] = NAME.exec(name) ?? [];
    return chain === undefined ? [] : [{ file: path.join(folder, name), chain, index: Number(index) }];
  });
}
