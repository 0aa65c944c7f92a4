import { promises as fs } from 'node:fs';
import path from 'node:path';
import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { invalidArgument } from '../core/index.js';
import { type Digest, digestOf, parseDigest } from './digest.js';

/** Beside `model.yaml`; the repository takes no notice of it. */
export const LOCK_FILE = 'source.lock';

const FileSchema = Type.Object({
  /** In the package or archive. */
  from: Type.String(),
  sizeBytes: Type.Integer({ minimum: 0 }),
  sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
});

const LockSchema = Type.Object({
  lockVersion: Type.Literal(1),
  source: Type.String(),
  /** The package's. */
  version: Type.Optional(Type.String()),
  /** The file in the registry. Which registry that is, everybody's own configuration says. */
  artefact: Type.Optional(Type.String()),
  url: Type.Optional(Type.String()),
  digest: Type.String(),
  sizeBytes: Type.Integer({ minimum: 0 }),
  /** By their paths below the model's folder. */
  files: Type.Record(Type.String({ pattern: '^[1-9][0-9]{0,14}/[^/\\\\]+$' }), FileSchema, {
    additionalProperties: false,
  }),
});

/** What was pulled, from where, and what it has to be. */
export interface Lock {
  readonly source: string;
  readonly version: string | undefined;
  readonly artefact: string | undefined;
  readonly url: string | undefined;
  readonly digest: Digest;
  readonly sizeBytes: number;
  readonly files: Readonly<Record<string, LockedFile>>;
}

export interface LockedFile {
  readonly from: string;
  readonly sizeBytes: number;
  /** In hexadecimal digits. */
  readonly sha256: string;
}

/** The lock in a model's folder; undefined where there is none. Throws `invalid_argument` where it is not as we write it. */
export async function readLock(folder: string): Promise<Lock | undefined> {
  const file = path.join(folder, LOCK_FILE);
  const text = await fs.readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const value = parseJson(text, file);
  if (!Value.Check(LockSchema, value)) {
    const { path: place = '', message = '' } = Value.Errors(LockSchema, value).First() ?? {};
    throw invalidArgument(`${file} cannot be read: ${place || '/'}: ${message}; remove it and pull again`);
  }
  const digest = parseDigest(value.digest);
  if (digest === undefined) throw invalidArgument(`${file} cannot be read: '${value.digest}' is no digest`);
  const { source, version, artefact, url, sizeBytes, files } = value;
  return { source, version, artefact, url, digest, sizeBytes, files };
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw invalidArgument(`${file} is not JSON: ${(error as Error).message}; remove it and pull again`);
  }
}

/** The lock as text: JSON with the keys always in the same order. */
export function formatLock({ digest, files, ...others }: Lock): string {
  const { source, version, artefact, url, sizeBytes } = others;
  const written = {
    lockVersion: 1,
    source,
    version,
    artefact,
    url,
    digest: `${digest.algorithm}:${digest.hex}`,
    sizeBytes,
    files,
  };
  return `${JSON.stringify(written, undefined, 2)}\n`;
}

/** Whether a file of the lock is not there, or has another size. */
export async function lacksFiles(folder: string, { files }: Lock): Promise<boolean> {
  for (const [relative, { sizeBytes }] of Object.entries(files)) {
    const stats = await fs.lstat(path.join(folder, relative)).catch(() => undefined);
    if (stats?.isFile() !== true || stats.size !== sizeBytes) return true;
  }
  return false;
}

/** Whether all files of the lock are there, as it has them. */
export async function isPlaced(folder: string, lock: Lock): Promise<boolean> {
  if (await lacksFiles(folder, lock)) return false;
  for (const [relative, { sha256 }] of Object.entries(lock.files)) {
    if ((await digestOf(path.join(folder, relative), 'sha256')).hex !== sha256) return false;
  }
  return true;
}
