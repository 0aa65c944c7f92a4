import { createHash } from 'node:crypto';
import { open, stat } from 'node:fs/promises';
import { mediaFiles } from '../reading/folder.js';

const SAMPLE_BYTES = 65_536;

/** What a run is of. Where it is another one, what was done before does not count. */
export type Identity = Readonly<Record<string, string>>;

/** The identity of an input: size, time of its last change, digest of its first and last bytes. */
export async function identifyInput(path: string): Promise<string> {
  const stats = await stat(path);
  if (stats.isDirectory()) {
    const files = await mediaFiles(path);
    const names = files.map(({ name, sizeBytes, modifiedMs }) => `${name}\0${sizeBytes}\0${modifiedMs}\n`);
    return `${files.length} files, ${digestOf(Buffer.from(names.join('')))}`;
  }
  const file = await open(path);
  try {
    const head = Buffer.alloc(Math.min(SAMPLE_BYTES, stats.size));
    const tail = Buffer.alloc(head.length);
    await file.read(head, 0, head.length, 0);
    await file.read(tail, 0, tail.length, stats.size - tail.length);
    const digest = digestOf(Buffer.concat([head, tail]));
    return `${stats.size} bytes of ${new Date(stats.mtimeMs).toISOString()}, ${digest}`;
  } finally {
    await file.close();
  }
}

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16);
}

/** What differs between two runs, for people; undefined = nothing does. */
export function differenceOf(before: Identity, now: Identity): string | undefined {
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])];
  const changed = names.filter((name) => before[name] !== now[name]);
  if (changed.length === 0) return undefined;
  return changed.map((name) => `${name}: ${before[name] ?? 'none'} before, ${now[name] ?? 'none'} now`).join('; ');
}
