import { promises as fs } from 'node:fs';
import { configProblem } from './check-config.js';
import type { FileCache } from './file-cache.js';
import { type FileStamp, LEADS_OUT, stampFile } from './files.js';
import { CONFIG_FILES, type ModelLocation } from './find-models.js';
import type { ModelConfig } from './model-config.js';
import { parseModelYaml } from './yaml/parse-model-yaml.js';

/** A configuration and what people should know about it although it can be served. */
export interface ParsedConfig {
  readonly config: ModelConfig;
  readonly notices: readonly string[];
}

export interface ReadConfig extends ParsedConfig {
  /** undefined when there is no configuration file. */
  readonly file: FileStamp | undefined;
}

const MAX_CONFIG_BYTES = 4_194_304;

/** Reads a model's configuration file, if it has one. Throws a sentence with file, line and column where it is wrong. */
export async function readConfig(location: ModelLocation, cache: FileCache<ParsedConfig>): Promise<ReadConfig> {
  const found = location.entries.filter((entry) => CONFIG_FILES.includes(entry.name) && entry.kind !== 'folder');
  const [entry] = found.toSorted((a, b) => CONFIG_FILES.indexOf(a.name) - CONFIG_FILES.indexOf(b.name));
  if (entry === undefined || location.bareFile !== undefined) return { config: {}, notices: [], file: undefined };
  const shownAs = `${location.name}/${entry.name}`;
  if (entry.kind === 'outside') throw new Error(`'${shownAs}' ${LEADS_OUT}`);
  const file = await stampFile(entry.path, `../${entry.name}`);
  if (file.sizeBytes > MAX_CONFIG_BYTES) {
    throw new Error(`${shownAs} has ${file.sizeBytes} bytes; expected at most ${MAX_CONFIG_BYTES}`);
  }
  const parsed = await cache.get(entry.path, file.stamp, async () =>
    parseConfig(await fs.readFile(entry.path, 'utf8'), shownAs),
  );
  const ignored = found.filter((other) => other !== entry).map((other) => `${location.name}/${other.name}`);
  const hidden = ignored.map((name) => `${name} is not read because there is ${shownAs}`);
  return { ...parsed, notices: [...parsed.notices, ...hidden], file };
}

async function parseConfig(text: string, shownAs: string): Promise<ParsedConfig> {
  const parsed = { config: parseAt(shownAs, () => parseModelYaml(text)), notices: [] };
  const problem = configProblem(parsed.config);
  if (problem !== undefined) throw new Error(`${shownAs}: ${problem}`);
  return parsed;
}

function parseAt(shownAs: string, parse: () => ModelConfig): ModelConfig {
  try {
    return parse();
  } catch (error) {
    throw new Error(`${shownAs}:${(error as Error).message}`);
  }
}
