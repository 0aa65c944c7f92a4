import { promises as fs } from 'node:fs';
import path from 'node:path';
import type { RuntimeManifest } from '../runtimes/index.js';
import { quoteShell } from '../text/index.js';
import type { RuntimeCatalog } from './catalog.js';
import { describeFileError, type FileStamp, LEADS_OUT } from './files.js';
import type { ModelLocation } from './find-models.js';
import { joinAlternatives } from './join-alternatives.js';
import { type ModelConfig, sectionOf } from './model-config.js';
import { type ConfiguredFile, chooseModelFile } from './model-file.js';
import type { ModelFiles } from './model-files.js';
import type { ReadConfig } from './read-config.js';
import { type VersionPlace, versionPlaces } from './version-places.js';

/** One version as it lies there. */
export interface VersionReading {
  readonly version: number;
  readonly files: readonly FileStamp[];
  /** Latest change to any file or folder of it. */
  readonly newestMtimeMs: number;
  /** Absolute path of the model file (of the folder for runtimes without one), or a sentence why there is none. */
  readonly model:
    | { readonly path: string; readonly runtime: RuntimeManifest }
    | { readonly problem: string; readonly unpulled?: true };
}

/** A model with all its versions, before policy and settling decide which of them are served. */
export interface ModelReading {
  readonly location: ModelLocation;
  readonly name: string;
  readonly config: ModelConfig;
  readonly labelPlaces: Readonly<Record<string, string>>;
  readonly configFile: FileStamp | undefined;
  /** The configuration that came with a load request in place of a file. */
  readonly configText: string | undefined;
  readonly versions: readonly VersionReading[];
  readonly notices: readonly string[];
}

/** Lists the versions of a model whose configuration is known. Throws a sentence when nothing of it can be served. */
export async function readModel(
  location: ModelLocation,
  read: ReadConfig,
  catalog: RuntimeCatalog,
): Promise<ModelReading> {
  const { config } = read;
  const name = location.layout === 'repository' ? (config.name ?? location.name) : location.name;
  const folderName = location.renamed?.ownName ?? name;
  if (config.name !== undefined && config.name !== name && config.name !== folderName) {
    throw new Error(`the configuration is for a model '${config.name}', but the folder's name is '${folderName}'`);
  }
  const runtime = runtimeOf(config, catalog.runtimes);
  const versions = new Map<number, VersionReading>();
  const notices = [...read.notices];
  const unpulled = unpulledProblem(location, config);
  for (const place of versionPlaces(location)) {
    const { version, shownAs } = place;
    if (versions.has(version)) {
      notices.push(`${shownAs} is not served: another folder stands for version ${version} as well`);
    } else {
      versions.set(version, await readVersion(place, { file: config.file, runtime, unpulled }, catalog.files));
    }
  }
  const { file: configFile, text: configText } = read;
  const { labelPlaces = {} } = read;
  return { location, name, config, labelPlaces, configFile, configText, versions: [...versions.values()], notices };
}

/** The runtime that a configuration names, or has the section of one that composes; undefined = the file determines it. */
function runtimeOf(config: ModelConfig, runtimes: readonly RuntimeManifest[]): RuntimeManifest | undefined {
  const { runtime: wanted } = config;
  if (wanted === undefined) {
    return runtimes.find((runtime) => runtime.composes !== undefined && sectionOf(config, runtime) !== undefined);
  }
  const runtime = runtimes.find(({ name }) => name === wanted);
  if (runtime !== undefined) return runtime;
  const known = joinAlternatives(runtimes.map(({ name }) => name));
  throw new Error(`runtime '${wanted}' is not known; expected ${known}`);
}

/** Why there are no files of a model that has a source; undefined where it has none. */
function unpulledProblem({ name, repository }: ModelLocation, { source }: ModelConfig): string | undefined {
  if (source === undefined) return undefined;
  return `${name} has not been pulled from ${source}; run \`millrace pull --to ${quoteShell(repository)}\``;
}

interface ExpectedFile extends ConfiguredFile {
  /** Why it is not there, if there is nothing like it. */
  readonly unpulled: string | undefined;
}

async function readVersion(
  place: VersionPlace,
  { file, runtime, unpulled }: ExpectedFile,
  known: ModelFiles,
): Promise<VersionReading> {
  const { version, shownAs, folder } = place;
  const problem = (reason: string) => ({ problem: `${shownAs} ${reason}` });
  try {
    const { files, newestMtimeMs, outside } = await place.read();
    const found = { version, files, newestMtimeMs };
    if (outside !== undefined) return { ...found, model: problem(`holds '${outside}', which ${LEADS_OUT}`) };
    if (runtime !== undefined && runtime.files === undefined) return { ...found, model: { path: folder, runtime } };
    const names = files.map((file) => file.relative);
    const choice = chooseModelFile(names, { file: place.file ?? file, runtime }, known);
    if ('problem' in choice) {
      const isEmpty = !names.some((name) => known.marksModel(name));
      return {
        ...found,
        model: isEmpty && unpulled !== undefined ? { problem: unpulled, unpulled: true } : problem(choice.problem),
      };
    }
    // Data that lies beside a graph bears its name.
    const pointer = await findLfsPointer(files.filter(({ relative }) => relative.startsWith(choice.file)));
    if (pointer !== undefined) {
      const what = place.file === pointer.relative ? 'is' : `holds ${pointer.relative}:`;
      return { ...found, model: problem(`${what} a Git LFS pointer instead of the model; run \`git lfs pull\` there`) };
    }
    return { ...found, model: { path: path.join(folder, choice.file), runtime: choice.runtime } };
  } catch (error) {
    return { version, files: [], newestMtimeMs: Number.NEGATIVE_INFINITY, model: problem(describeFileError(error)) };
  }
}

/** Git LFS writes pointers of less than this. */
const MAX_POINTER_BYTES = 1024;
const FIRST_LINE = 'version https://git-lfs.github.com/spec/';

/** The first of the files that is a Git LFS pointer: the clone it came with has not fetched the content. */
async function findLfsPointer(files: readonly FileStamp[]): Promise<FileStamp | undefined> {
  for (const file of files) {
    if (file.sizeBytes >= MAX_POINTER_BYTES || file.sizeBytes < FIRST_LINE.length) continue;
    const text = await fs.readFile(file.path, 'utf8').catch(() => '');
    if (text.startsWith(FIRST_LINE)) return file;
  }
  return undefined;
}
