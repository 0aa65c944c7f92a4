import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { cpus } from 'node:os';
import path from 'node:path';
import { env, InferenceSession } from 'onnxruntime-node';
import type { RuntimeContext } from '../runtime-context.js';
import { messageOf } from './errors.js';

type SessionOptions = InferenceSession.SessionOptions;

const MAX_ENTRIES = 32;
/** Names of our own; whatever else lies in the folder is somebody's. */
const ENTRY = /^[0-9a-f]{64}\.onnx$/;
/** What is being written, or was by a process that was killed: nothing takes longer than a day to load. */
const TEMPORARY = /^[0-9a-f]{64}\.onnx\.[\d.]+\.tmp$/;
const ABANDONED_AFTER_MS = 86_400_000;
/** Key of `TensorProto.external_data` as it stands in the file: the data is elsewhere, by a path relative to the file. */
const EXTERNAL_DATA = Buffer.from('\n\x08location\x12', 'latin1');

/** Makes sessions from files, keeping the graphs that ONNX Runtime has optimised for faster loads. */
export class GraphCache {
  readonly #folder: string;
  readonly #report: RuntimeContext['report'];

  constructor(folder: string, report: RuntimeContext['report']) {
    this.#folder = folder;
    this.#report = report;
  }

  /** As `InferenceSession.create`. A cache that cannot be read or written costs time only, and is reported. */
  async createSession(file: string, options: SessionOptions): Promise<InferenceSession> {
    const { digest, external } = await readDigest(file, options);
    if (external) {
      this.#report('info', `'${path.basename(file)}' keeps data in other files; its optimised graph is not cached`);
      return InferenceSession.create(file, options);
    }
    try {
      await openFolder(this.#folder);
    } catch (error) {
      this.#reportUncached(error);
      return InferenceSession.create(file, options);
    }
    const cached = path.join(this.#folder, `${digest}.onnx`);
    return (await this.#createFromCache(cached, options)) ?? this.#createAndCache(file, cached, options);
  }

  async #createFromCache(cached: string, options: SessionOptions): Promise<InferenceSession | undefined> {
    const now = new Date();
    const isThere = await utimes(cached, now, now).then(
      () => true,
      () => false,
    );
    if (!isThere) return undefined;
    try {
      return await InferenceSession.create(cached, { ...options, graphOptimizationLevel: 'disabled' });
    } catch (error) {
      this.#report('warn', `optimised graph ${path.basename(cached)} is unusable and made anew: ${messageOf(error)}`);
      await rm(cached, { force: true });
      return undefined;
    }
  }

  async #createAndCache(file: string, cached: string, options: SessionOptions): Promise<InferenceSession> {
    const fresh = `${cached}.${process.pid}.${performance.now()}.tmp`;
    let session: InferenceSession | undefined;
    try {
      session = await InferenceSession.create(file, { ...options, optimizedModelFilePath: fresh });
      await rename(fresh, cached);
      await this.#prune();
      return session;
    } catch (error) {
      await rm(fresh, { force: true }).catch(() => undefined);
      // Either the file itself is bad, then this says so, or the cache is.
      session ??= await InferenceSession.create(file, options);
      this.#reportUncached(error);
      return session;
    }
  }

  #reportUncached(error: unknown): void {
    this.#report('warn', `the optimised graph could not be cached: ${messageOf(error)}`);
  }

  /** Keeps the entries that were used last, and what is being written. */
  async #prune(): Promise<void> {
    const names = await readdir(this.#folder);
    const entries = await this.#lastFirst(names.filter((name) => ENTRY.test(name)));
    const temporaries = await this.#lastFirst(names.filter((name) => TEMPORARY.test(name)));
    const oldest = Date.now() - ABANDONED_AFTER_MS;
    const abandoned = temporaries.filter(({ usedAt }) => usedAt < oldest);
    const useless = [...entries.slice(MAX_ENTRIES), ...abandoned];
    await Promise.all(useless.map(({ file }) => rm(file, { force: true })));
  }

  async #lastFirst(names: readonly string[]): Promise<readonly { readonly file: string; readonly usedAt: number }[]> {
    const files = await Promise.all(
      names.map(async (name) => {
        const file = path.join(this.#folder, name);
        // Others remove and rename files, too.
        const stats = await stat(file).catch(() => undefined);
        return { file, usedAt: stats?.mtimeMs ?? 0 };
      }),
    );
    return files.sort((a, b) => b.usedAt - a.usedAt);
  }
}

/**
 * Makes the folder unless it is there. Throws where another user could put graphs into it: anybody may make folders in
 * the system's temporary one.
 */
async function openFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const uid = process.getuid?.();
  if (uid === undefined) return;
  // The owner of a symbolic link decides where it leads.
  for (const stats of [await lstat(folder), await stat(folder)]) {
    if (stats.uid !== uid && stats.uid !== 0) throw new Error('the cache folder belongs to another user');
    if (!stats.isSymbolicLink() && (stats.mode & 0o002) !== 0) {
      throw new Error('other users can write to the cache folder');
    }
  }
}

/** Digest of everything that an optimised graph depends on: the file, ONNX Runtime, the machine and the options. */
async function readDigest(file: string, options: SessionOptions): Promise<{ digest: string; external: boolean }> {
  const hash = createHash('sha256');
  const machine = [process.platform, process.arch, cpus()[0]?.model];
  hash.update(JSON.stringify([env.versions.common, machine, options]));
  let external = false;
  let tail = Buffer.alloc(0);
  for await (const chunk of createReadStream(file, { highWaterMark: 1_048_576 })) {
    hash.update(chunk);
    external ||= Buffer.concat([tail, chunk]).includes(EXTERNAL_DATA);
    tail = chunk.subarray(-EXTERNAL_DATA.length);
  }
  return { digest: hash.digest('hex'), external };
}
