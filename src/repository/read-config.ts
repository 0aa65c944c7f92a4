import { promises as fs } from 'node:fs';
import type { FileCache } from './file-cache.js';
import { type FileStamp, LEADS_OUT, stampFile } from './files.js';
import { CONFIG_FILES, type ModelLocation } from './find-models.js';
import { type ParsedConfig, parseConfigFile } from './parse-config.js';

/** A configuration and where it was found; `file` is undefined when there is none. */
export interface ReadConfig extends ParsedConfig {
  readonly file: FileStamp | undefined;
  /** What was given in place of a file. */
  readonly text: string | undefined;
}

const MAX_CONFIG_BYTES = 4_194_304;

/** Reads a model's configuration file, if it has one. Throws a sentence with file, line and column where it is wrong. */
export async function readConfig(location: ModelLocation, cache: FileCache<ParsedConfig>): Promise<ReadConfig> {
  const found = location.entries.filter((entry) => CONFIG_FILES.includes(entry.name) && entry.kind !== 'folder');
  const [entry] = found.toSorted((a, b) => CONFIG_FILES.indexOf(a.name) - CONFIG_FILES.indexOf(b.name));
  if (entry === undefined) return { config: {}, notices: [], file: undefined, text: undefined };
  const shownAs = `${location.name}/${entry.name}`;
  if (entry.kind === 'outside') throw new Error(`'${shownAs}' ${LEADS_OUT}`);
  const file = await stampFile(entry.path, `../${entry.name}`);
  if (file.sizeBytes > MAX_CONFIG_BYTES) {
    throw new Error(`${shownAs} has ${file.sizeBytes} bytes; expected at most ${MAX_CONFIG_BYTES}`);
  }
  const parsed = await cache.get(entry.path, file.stamp, async () =>
    parseConfigFile(await fs.readFile(entry.path, 'utf8'), entry.name, shownAs),
  );
  const hidden = found.filter((other) => other !== entry).map((other) => `${location.name}/${other.name}`);
  const notices = hidden.map((name) => `${name} is not read because there is ${shownAs}`);
  const about = parsed.notices.map((notice) => `${shownAs}: ${notice}`);
  return { config: parsed.config, notices: [...about, ...notices], file, text: undefined };
}
