import { formatPath } from '../text/index.js';
import type { RuntimeCatalog } from './catalog.js';
import { configProblem } from './check-config.js';
import { keyForOwnFiles } from './check-load-request.js';
import type { ModelConfig } from './model-config.js';
import type { TritonConfig } from './triton/config-types.js';

/** A configuration and what people should know about it although it can be served. */
export interface ParsedConfig {
  readonly config: ModelConfig;
  readonly notices: readonly string[];
  /** By label of a version, where it is written; none where there are no labels. */
  readonly labelPlaces?: Readonly<Record<string, string>>;
}

/** A configuration file: its name, and how messages call it. */
export interface ConfigFile {
  readonly name: string;
  readonly shownAs: string;
}

/**
 * Reads a configuration file, `model.yaml` or `config.pbtxt` by its name. Throws a sentence that begins with
 * `shownAs` and, where known, line and column. The parsers are loaded when they are first needed: they cost start time.
 */
export async function parseConfigFile(
  text: string,
  { name, shownAs }: ConfigFile,
  catalog: RuntimeCatalog,
): Promise<ParsedConfig> {
  try {
    const parsed = name.endsWith('.pbtxt') ? await parsePbtxt(text, catalog) : await parseYaml(text, catalog);
    const { labelPlaces = {} } = parsed;
    const shown = Object.entries(labelPlaces).map(([label, place]) => [label, `${shownAs}:${place}`]);
    return checked({ ...parsed, ...(shown.length > 0 && { labelPlaces: Object.fromEntries(shown) }) }, catalog);
  } catch (error) {
    const { message } = error as Error;
    throw new Error(/^\d+:\d+: /.test(message) ? `${shownAs}:${message}` : `${shownAs}: ${message}`);
  }
}

/**
 * Reads a configuration given with a load request: JSON, Triton's fields or ours. Throws a sentence, also where it sets what only
 * the model's own files may.
 */
export async function parseConfigOverride(text: string, catalog: RuntimeCatalog): Promise<ParsedConfig> {
  const value = parseJson(text);
  const parsed = looksLikeTriton(value) ? await parseTriton(value, catalog) : await parseOwnJson(text, catalog);
  const key = keyForOwnFiles(catalog.schema, parsed.config);
  if (key !== undefined) {
    const name = formatPath(key);
    throw new Error(`${name} can be set in the model's own files only${ALTERNATIVES[name] ?? ''}`);
  }
  return checked(parsed, catalog);
}

/** How else a load request says what a key of its configuration may not. */
const ALTERNATIVES: Readonly<Record<string, string>> = { source: ', or be a parameter of the load' };

async function parseOwnJson(text: string, catalog: RuntimeCatalog): Promise<ParsedConfig> {
  const { labelPlaces, ...parsed } = await parseYaml(text, catalog);
  const places = Object.keys(labelPlaces ?? {}).map((label) => [label, 'the configuration that a load has brought']);
  return { ...parsed, labelPlaces: Object.fromEntries(places) };
}

async function parseTriton(value: unknown, catalog: RuntimeCatalog): Promise<ParsedConfig> {
  const { parseTritonJson } = await import('./triton/parse.js');
  return mapTriton(parseTritonJson(value), catalog);
}

async function parseYaml(text: string, { schema }: RuntimeCatalog): Promise<ParsedConfig> {
  const { parseModelYaml } = await import('./yaml/parse-model-yaml.js');
  return { ...parseModelYaml(text, schema), notices: [] };
}

async function parsePbtxt(text: string, catalog: RuntimeCatalog): Promise<ParsedConfig> {
  const { parseTritonText } = await import('./triton/parse.js');
  return mapTriton(parseTritonText(text), catalog);
}

/** Triton's values may lie outside of what our schema allows (a thousand instances): the same check for both. */
async function mapTriton(triton: TritonConfig, { runtimes, schema }: RuntimeCatalog): Promise<ParsedConfig> {
  const { fromTritonConfig } = await import('./triton/from-triton.js');
  const { explainMismatches } = await import('./yaml/explain.js');
  const mapped = fromTritonConfig(triton, runtimes);
  const [mismatch] = explainMismatches(schema, mapped.config);
  if (mismatch !== undefined) throw new Error(mismatch.message);
  return mapped;
}

function checked(parsed: ParsedConfig, { runtimes }: RuntimeCatalog): ParsedConfig {
  const problem = configProblem(parsed.config, runtimes);
  if (problem !== undefined) throw new Error(problem);
  return parsed;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`not valid JSON: ${(error as Error).message}`);
  }
}

/** Has a field that only Triton's form has: `backend`, `max_batch_size`, `input`, or a parameter with `string_value`. */
function looksLikeTriton(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { backend, input, output, parameters, ...others } = value as Record<string, unknown>;
  const isWrapped = Object.values(parameters ?? {}).some((parameter) => typeof parameter === 'object');
  return (
    [backend, input, output].some((field) => field !== undefined) ||
    isWrapped ||
    Object.keys(others).some((key) => key.includes('_'))
  );
}
