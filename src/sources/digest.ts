import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';

/** A digest in hexadecimal digits. */
export interface Digest {
  readonly algorithm: 'sha256' | 'sha384' | 'sha512';
  readonly hex: string;
}

const LENGTHS = { sha256: 64, sha384: 96, sha512: 128 } as const;
const ALGORITHMS = ['sha512', 'sha384', 'sha256'] as const;

/** `sha256:…`, as locks and messages have it. */
export function formatDigest({ algorithm, hex }: Digest): string {
  return `${algorithm}:${hex}`;
}

/** undefined where the text is no digest. */
export function parseDigest(text: string): Digest | undefined {
  const [algorithm, hex = ''] = text.split(':');
  const known = ALGORITHMS.find((candidate) => candidate === algorithm);
  return known !== undefined && isHexOf(known, hex) ? { algorithm: known, hex } : undefined;
}

/** The strongest digest of npm's `integrity`; undefined where there is none but SHA-1. */
export function parseIntegrity(integrity: string): Digest | undefined {
  const found = integrity.split(/\s+/).flatMap((part) => {
    const [algorithm, base64 = ''] = part.split('?', 1).join('').split(/-(.*)/s);
    const hex = Buffer.from(base64, 'base64').toString('hex');
    const known = ALGORITHMS.find((candidate) => candidate === algorithm);
    return known !== undefined && isHexOf(known, hex) ? [{ algorithm: known, hex }] : [];
  });
  return ALGORITHMS.flatMap((algorithm) => found.filter((digest) => digest.algorithm === algorithm))[0];
}

function isHexOf(algorithm: Digest['algorithm'], hex: string): boolean {
  return hex.length === LENGTHS[algorithm] && /^[0-9a-f]+$/.test(hex);
}

export function isSameDigest(one: Digest, other: Digest): boolean {
  return one.algorithm === other.algorithm && one.hex === other.hex;
}

/** The digest of a file of any size. */
export async function digestOf(file: string, algorithm: Digest['algorithm']): Promise<Digest> {
  const hash = createHash(algorithm);
  await pipeline(createReadStream(file), hash);
  return { algorithm, hex: hash.digest('hex') };
}

/** The SHA-256 of the lines that `sha256sum` prints for files, in order of path. */
export function digestOfFiles(files: readonly { readonly path: string; readonly sha256: string }[]): Digest {
  const hash = createHash('sha256');
  for (const { path, sha256 } of files.toSorted((one, other) => (one.path < other.path ? -1 : 1))) {
    hash.update(`${sha256}  ${path}\n`);
  }
  return { algorithm: 'sha256', hex: hash.digest('hex') };
}
