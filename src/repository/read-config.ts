import { promises as fs } from 'node:fs';
import path from 'node:path';
import type { RuntimeCatalog } from './catalog.js';
import type { FileCache } from './file-cache.js';
import { type Entry, type FileStamp, LEADS_OUT, listFolder, stampFile } from './files.js';
import { CONFIG_FILES, type ModelLocation } from './find-models.js';
import { type ParsedConfig, parseConfigFile } from './parse-config.js';

/** A configuration and where it was found; `file` is undefined when there is none. */
export interface ReadConfig extends ParsedConfig {
  readonly file: FileStamp | undefined;
  /** What was given in place of a file. */
  readonly text: string | undefined;
}

const MAX_CONFIG_BYTES = 4_194_304;

/** Where configurations of all models are kept, and which of those that a model has under `configs` is preferred; '' = none. */
export interface ConfigReading {
  readonly cache: FileCache<ParsedConfig>;
  readonly configName: string;
  readonly catalog: RuntimeCatalog;
}

/** Reads a model's configuration file, if it has one. Throws a sentence with file, line and column where it is wrong. */
export async function readConfig(location: ModelLocation, reading: ConfigReading): Promise<ReadConfig> {
  const { cache, configName, catalog } = reading;
  const { found, folder } = await findConfigs(location, configName);
  const [entry] = found;
  if (entry === undefined) return { config: {}, notices: [], file: undefined, text: undefined };
  const shownAs = `${location.name}/${folder}${entry.name}`;
  if (entry.kind === 'outside') throw new Error(`'${shownAs}' ${LEADS_OUT}`);
  const file = await stampFile(entry.path, `../${folder}${entry.name}`);
  if (file.sizeBytes > MAX_CONFIG_BYTES) {
    throw new Error(`${shownAs} has ${file.sizeBytes} bytes; expected at most ${MAX_CONFIG_BYTES}`);
  }
  const parsed = await cache.get(entry.path, file.stamp, async () =>
    parseConfigFile(await fs.readFile(entry.path, 'utf8'), { name: entry.name, shownAs }, catalog),
  );
  const hidden = found.filter((other) => other !== entry).map((other) => `${location.name}/${folder}${other.name}`);
  const notices = hidden.map((name) => `${name} is not read because there is ${shownAs}`);
  const about = parsed.notices.map((notice) => `${shownAs}: ${notice}`);
  return { ...parsed, notices: [...about, ...notices], file, text: undefined };
}

interface FoundConfigs {
  /** In order of precedence. */
  readonly found: readonly Entry[];
  /** Where they lie in the model's folder: '' or `configs/`. */
  readonly folder: string;
}

/** The files under `configs` that have the preferred name, else the usual ones. */
async function findConfigs({ entries, root }: ModelLocation, configName: string): Promise<FoundConfigs> {
  const usual = { found: inOrder(entries, CONFIG_FILES), folder: '' };
  const configs = entries.find((entry) => entry.name === 'configs' && entry.kind === 'folder');
  if (configName === '' || configs === undefined) return usual;
  const names = CONFIG_FILES.map((name) => `${configName}${path.extname(name)}`);
  const found = inOrder(await listFolder(configs.path, root), names);
  return found.length === 0 ? usual : { found, folder: 'configs/' };
}

function inOrder(entries: readonly Entry[], names: readonly string[]): readonly Entry[] {
  return names.flatMap((name) => entries.find((entry) => entry.name === name && entry.kind !== 'folder') ?? []);
}
