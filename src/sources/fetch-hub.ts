import { promises as fs } from 'node:fs';
import path from 'node:path';
import { invalidArgument, MillraceError } from '../core/index.js';
import { copyAll } from './archive/contents.js';
import { chooseFiles } from './choose-files.js';
import { type Digest, digestOf, digestOfFiles, isSameDigest } from './digest.js';
import { generationConfigOf } from './generation-config.js';
import type { Lock } from './lock.js';
import { download } from './registries/download.js';
import { type HubFile, type HubPlace, hubArtefact, listHub, ofQuantization } from './registries/hub.js';
import { type Hub, hubOf } from './registries/hub-config.js';
import type { Surroundings } from './registries/registry.js';
import type { PullSetup, Resolved } from './resolved.js';
import { type HubSource, withPath } from './source.js';

/** One part of a model that is split over several GGUF files. */
const PART = /-\d{5}-of-\d{5}\.gguf$/i;

/**
 * Downloads the model file of a repository of the hub, the files that belong to it and its `generation_config.json`, and nothing else of the
 * repository. With a lock they are those of its commit. The digest is that of the model's files, as `sha256sum` lists them.
 */
export async function fetchHub(source: HubSource, lock: Lock | undefined, setup: PullSetup): Promise<Resolved> {
  const hub = await configuredHub(setup.surroundings);
  const { commit, files } = await listHub(source, lock?.version, { client: setup.client, hub });
  const { chosen, config } = filesToFetch(files, { source, locked: lock?.artefact, setup });
  const wanted = config === undefined ? chosen : [...chosen, config];
  const totalBytes = sizeOf(wanted);
  if (totalBytes > setup.maxBytes) {
    const message = `${source.repository} at ${commit}: the model has ${totalBytes} bytes; expected at most ${setup.maxBytes}`;
    throw new MillraceError('failed_precondition', message);
  }
  const fetched: Fetched[] = [];
  for (const file of wanted) {
    const expected = lockedDigest(lock, file.path);
    fetched.push(await fetchFile(file, { source, commit, hub, expected }, setup));
  }
  const places = new Map(fetched.map(({ path: inside, file }) => [inside, file]));
  const ofModel = fetched
    .slice(0, chosen.length)
    .map(({ path: inside, digest }) => ({ path: inside, sha256: digest.hex }));
  const { path: artefact } = chosen[0];
  return {
    version: commit,
    artefact,
    url: undefined,
    digest: digestOfFiles(ofModel),
    sizeBytes: sizeOf(chosen),
    contents: {
      name: artefact,
      files: wanted,
      extract: (targets) => copyAll(targets, (inside) => places.get(inside) ?? inside),
    },
    cached: fetched.flatMap(({ file, isOurs }) => (isOurs ? [file] : [])),
  };
}

function sizeOf(files: readonly HubFile[]): number {
  return files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

async function configuredHub(surroundings: Surroundings): Promise<Hub> {
  try {
    return await hubOf(surroundings);
  } catch (error) {
    throw invalidArgument(`HF_ENDPOINT: ${(error as Error).message}`, { cause: error });
  }
}

interface Choosing {
  readonly source: HubSource;
  /** The path of the model file that a lock has. */
  readonly locked: string | undefined;
  readonly setup: PullSetup;
}

function filesToFetch(files: readonly HubFile[], { source, locked, setup: { names } }: Choosing) {
  const chosen = chooseFiles({
    files: ofQuantization(files, source),
    wanted: locked ?? source.path,
    name: `the repository ${source.repository}`,
    names,
    sourceOf: (inside) => withPath(source, inside),
  });
  const [model] = chosen;
  if (PART.test(model.path)) {
    const message = `${model.path} is one part of a model in several GGUF files, which are not pulled; name a model in one file`;
    throw invalidArgument(message);
  }
  const section = names.samplingSection(path.posix.basename(model.path));
  return { chosen, config: section === undefined ? undefined : generationConfigOf(model.path, files) };
}

/** That of a file without a digest in the hub: the first pull believes the hub, and later ones the lock. */
function lockedDigest(lock: Lock | undefined, inside: string): Digest | undefined {
  const file = Object.values(lock?.files ?? {}).find(({ from }) => from === inside);
  return file === undefined ? undefined : { algorithm: 'sha256', hex: file.sha256 };
}

interface Fetched {
  /** In the repository of the hub. */
  readonly path: string;
  readonly file: string;
  readonly digest: Digest;
  /** It lies in the cache of millrace. */
  readonly isOurs: boolean;
}

async function fetchFile(
  file: HubFile,
  place: HubPlace & { readonly expected: Digest | undefined },
  setup: PullSetup,
): Promise<Fetched> {
  const there = await findInHubCache(file, place);
  if (there !== undefined) return { path: file.path, ...there, isOurs: false };
  return { path: file.path, ...(await download(hubArtefact(file, place), setup)), isOurs: true };
}

/** A file that the hub's own client has downloaded, if its digest is right. */
async function findInHubCache({ digest }: HubFile, { source, hub }: HubPlace) {
  if (digest === undefined) return undefined;
  const folder = `models--${source.repository.replace('/', '--')}`;
  const file = path.join(hub.cacheFolder, folder, 'blobs', digest.hex);
  if ((await fs.lstat(file).catch(() => undefined))?.isFile() !== true) return undefined;
  const found = await digestOf(file, digest.algorithm).catch(() => undefined);
  return found !== undefined && isSameDigest(found, digest) ? { file, digest } : undefined;
}
