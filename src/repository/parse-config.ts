import { configProblem } from './check-config.js';
import { type ModelConfig, ModelConfigSchema } from './model-config.js';
import type { TritonConfig } from './triton/config-types.js';

/** A configuration and what people should know about it although it can be served. */
export interface ParsedConfig {
  readonly config: ModelConfig;
  readonly notices: readonly string[];
}

/**
 * Reads a configuration file, `model.yaml` or `config.pbtxt` by its name. Throws a sentence that begins with
 * `shownAs` and, where known, line and column. The parsers are loaded when they are first needed: they cost start time.
 */
export async function parseConfigFile(text: string, fileName: string, shownAs: string): Promise<ParsedConfig> {
  const isTriton = fileName.endsWith('.pbtxt');
  try {
    const parsed = isTriton ? await parsePbtxt(text) : await parseYaml(text);
    return checked(parsed);
  } catch (error) {
    const { message } = error as Error;
    throw new Error(/^\d+:\d+: /.test(message) ? `${shownAs}:${message}` : `${shownAs}: ${message}`);
  }
}

/** Reads a configuration given with a load request: JSON, Triton's fields or ours. Throws a sentence. */
export async function parseConfigOverride(text: string): Promise<ParsedConfig> {
  const value = parseJson(text);
  if (!looksLikeTriton(value)) return checked(await parseYaml(text));
  const { parseTritonJson } = await import('./triton/parse.js');
  return checked(await mapTriton(parseTritonJson(value)));
}

async function parseYaml(text: string): Promise<ParsedConfig> {
  const { parseModelYaml } = await import('./yaml/parse-model-yaml.js');
  return { config: parseModelYaml(text), notices: [] };
}

async function parsePbtxt(text: string): Promise<ParsedConfig> {
  const { parseTritonText } = await import('./triton/parse.js');
  return mapTriton(parseTritonText(text));
}

/** Triton's values may lie outside of what our schema allows (a thousand instances): the same check for both. */
async function mapTriton(triton: TritonConfig): Promise<ParsedConfig> {
  const { fromTritonConfig } = await import('./triton/from-triton.js');
  const { explainMismatches } = await import('./yaml/explain.js');
  const mapped = fromTritonConfig(triton);
  const [mismatch] = explainMismatches(ModelConfigSchema, mapped.config);
  if (mismatch !== undefined) throw new Error(mismatch.message);
  return mapped;
}

function checked(parsed: ParsedConfig): ParsedConfig {
  const problem = configProblem(parsed.config);
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
