import path from 'node:path';
import { describeFileError, type FileStamp, LEADS_OUT } from './files.js';
import type { ModelLocation } from './find-models.js';
import type { ModelConfig } from './model-config.js';
import { chooseModelFile } from './model-file.js';
import type { ReadConfig } from './read-config.js';
import { type VersionPlace, versionPlaces } from './version-places.js';

/** A version with a model file (or a runtime that needs none). */
export interface VersionCandidate {
  readonly version: number;
  /** Absolute path of the model file, or of the folder for runtimes without one. */
  readonly path: string;
  readonly files: readonly FileStamp[];
  /** Latest change to any file or folder of it. */
  readonly newestMtimeMs: number;
}

/** A model with all its versions, before policy and settling decide which of them are served. */
export interface ModelReading {
  readonly location: ModelLocation;
  readonly name: string;
  readonly runtime: string;
  readonly config: ModelConfig;
  readonly configFile: FileStamp | undefined;
  /** The configuration that came with a load request in place of a file. */
  readonly configText: string | undefined;
  /** Ascending. */
  readonly candidates: readonly VersionCandidate[];
  readonly problems: readonly { readonly version: number; readonly reason: string }[];
  readonly notices: readonly string[];
}

const DEFAULT_RUNTIME = 'onnx';
const RUNTIMES: readonly string[] = [DEFAULT_RUNTIME, 'echo'];
const WITHOUT_FILE: readonly string[] = ['echo'];

/** Lists the versions of a model whose configuration is known. Throws a sentence when nothing of it can be served. */
export async function readModel(location: ModelLocation, read: ReadConfig): Promise<ModelReading> {
  const { config } = read;
  const name = location.layout === 'repository' ? (config.name ?? location.name) : location.name;
  if (config.name !== undefined && config.name !== name) {
    throw new Error(`the configuration is for a model '${config.name}', but the folder's name is '${name}'`);
  }
  const runtime = config.runtime ?? DEFAULT_RUNTIME;
  if (!RUNTIMES.includes(runtime)) {
    throw new Error(`runtime '${runtime}' is not known; expected ${RUNTIMES.join(' or ')}`);
  }
  const candidates = new Map<number, VersionCandidate>();
  const problems: { version: number; reason: string }[] = [];
  const notices = [...read.notices];
  for (const place of versionPlaces(location)) {
    const { version, shownAs } = place;
    if (candidates.has(version)) {
      notices.push(`${shownAs} is not served: another folder stands for version ${version} as well`);
      continue;
    }
    try {
      candidates.set(version, await readVersion(place, config.file, WITHOUT_FILE.includes(runtime)));
    } catch (error) {
      problems.push({ version, reason: `${shownAs} ${describeFileError(error)}` });
    }
  }
  const ascending = [...candidates.values()].sort((a, b) => a.version - b.version);
  return {
    location,
    name,
    runtime,
    config,
    configFile: read.file,
    configText: read.text,
    candidates: ascending,
    problems,
    notices,
  };
}

/** Throws a sentence without its subject, the version's folder. */
async function readVersion(
  place: VersionPlace,
  configuredFile: string | undefined,
  withoutFile: boolean,
): Promise<VersionCandidate> {
  const { files, newestMtimeMs, outside } = await place.read();
  if (outside !== undefined) throw new Error(`holds '${outside}', which ${LEADS_OUT}`);
  const common = { version: place.version, files, newestMtimeMs };
  if (withoutFile) return { ...common, path: place.folder };
  const names = files.map((file) => file.relative);
  const choice = chooseModelFile(names, place.file ?? configuredFile);
  if ('problem' in choice) throw new Error(choice.problem);
  return { ...common, path: path.join(place.folder, choice.file) };
}
