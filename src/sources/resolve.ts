import { promises as fs } from 'node:fs';
import path from 'node:path';
import { invalidArgument, MillraceError } from '../core/index.js';
import { type Contents, openFile, openFolder } from './archive/contents.js';
import { type Digest, digestOf, digestOfFiles, formatDigest, isSameDigest } from './digest.js';
import { fetchHub } from './fetch-hub.js';
import type { Lock } from './lock.js';
import { type Artefact, fileNameOf } from './registries/artefact.js';
import { download } from './registries/download.js';
import { resolveNpm } from './registries/npm.js';
import { npmRegistry } from './registries/npm-config.js';
import { pypiIndex } from './registries/pip-config.js';
import { resolvePypi } from './registries/pypi.js';
import type { Registry, Surroundings } from './registries/registry.js';
import type { PullSetup, Resolved } from './resolved.js';
import type { RegistrySource, Source, UrlSource } from './source.js';

/**
 * Finds what a source stands for, and fetches it. With a lock it is the same version and file again; rejects with
 * `failed_precondition` where its digest is another one. `folder` is what paths are relative to.
 */
export async function fetchSource(
  source: Source,
  lock: Lock | undefined,
  { folder, setup }: { readonly folder: string; readonly setup: PullSetup },
): Promise<Resolved> {
  if (source.kind === 'hf') return checked(await fetchHub(source, lock, setup), lock);
  if (source.kind === 'file') return checked(await openLocal(path.resolve(folder, source.location)), lock);
  const artefact = await findArtefact(source, lock, setup);
  if (lock !== undefined && artefact.digest !== undefined) refuseOther(artefact.digest, lock, artefact.name);
  const { file, digest } = await download(withLockedDigest(artefact, lock), setup);
  const { size: sizeBytes } = await fs.stat(file);
  const isRegistry = source.kind !== 'url';
  return checked(
    {
      version: artefact.version,
      artefact: isRegistry ? artefact.name : undefined,
      url: isRegistry ? undefined : artefact.url,
      digest,
      sizeBytes,
      contents: await openFile(file, artefact.name),
      cached: [file],
    },
    lock,
  );
}

async function findArtefact(
  source: RegistrySource | UrlSource,
  lock: Lock | undefined,
  { client, surroundings, distrustsUrls }: PullSetup,
): Promise<Artefact> {
  if (source.kind === 'url') return artefactOfUrl(source.url, distrustsUrls === true);
  const { version, artefact } = lock ?? {};
  const pinned = version === undefined || artefact === undefined ? undefined : { version, artefact };
  const registry = await registryOf(source, surroundings);
  const resolve = source.kind === 'npm' ? resolveNpm : resolvePypi;
  return resolve(source, pinned, { client, registry });
}

function artefactOfUrl(url: string, isDistrusted: boolean): Artefact {
  const { origin } = new URL(url);
  const name = fileNameOf(url) || 'download';
  return {
    name,
    url,
    digest: undefined,
    sizeBytes: undefined,
    version: undefined,
    trusted: isDistrusted ? undefined : origin,
    authorization: undefined,
  };
}

async function registryOf(source: RegistrySource, surroundings: Surroundings): Promise<Registry> {
  try {
    return source.kind === 'npm' ? await npmRegistry(source.package, surroundings) : await pypiIndex(surroundings);
  } catch (error) {
    const program = source.kind === 'npm' ? 'npm' : 'pip';
    throw invalidArgument(`the configuration of ${program}: ${(error as Error).message}`, { cause: error });
  }
}

/** Of a file of the web the lock tells what to expect, so that what the cache has is not fetched again. */
function withLockedDigest(artefact: Artefact, lock: Lock | undefined): Artefact {
  return artefact.digest !== undefined || lock === undefined ? artefact : { ...artefact, digest: lock.digest };
}

function checked(resolved: Resolved, lock: Lock | undefined): Resolved {
  if (lock !== undefined) refuseOther(resolved.digest, lock, resolved.contents.name);
  return resolved;
}

function refuseOther(digest: Digest, lock: Lock, name: string): void {
  if (isSameDigest(digest, lock.digest)) return;
  const what = `${name} has the digest ${formatDigest(digest)}, but the lock has ${formatDigest(lock.digest)}`;
  throw new MillraceError('failed_precondition', `${what}; if it is meant to differ, --update takes it`);
}

async function openLocal(location: string): Promise<Resolved> {
  const stats = await fs.stat(location).catch(() => undefined);
  if (stats === undefined) throw invalidArgument(`${location} does not exist or cannot be read`);
  const nowhere = { version: undefined, artefact: undefined, url: undefined, cached: [] };
  if (stats.isFile()) {
    const contents = await openFile(location, path.basename(location));
    return { ...nowhere, digest: await digestOf(location, 'sha256'), sizeBytes: stats.size, contents };
  }
  const contents = await openFolder(location);
  return { ...nowhere, ...(await describeFolder(location, contents)), contents };
}

async function describeFolder(folder: string, { files }: Contents) {
  let sizeBytes = 0;
  const digests: { readonly path: string; readonly sha256: string }[] = [];
  for (const file of files) {
    const { hex: sha256 } = await digestOf(path.join(folder, file.path), 'sha256');
    digests.push({ path: file.path, sha256 });
    sizeBytes += file.sizeBytes;
  }
  return { digest: digestOfFiles(digests), sizeBytes };
}
