import path from 'node:path';
import type { SamplingDefaults } from '../core/index.js';
import { isSamplingValue } from '../generation/index.js';
import type { SourceFile } from './archive/entry-guard.js';

/** Hugging Face's file with the defaults by which a model generates. */
export const GENERATION_CONFIG = 'generation_config.json';
const MAX_BYTES = 65_536;
/** Its names of what requests may set, too. */
const NAMES: Readonly<Record<string, keyof SamplingDefaults>> = {
  temperature: 'temperature',
  top_p: 'topP',
  top_k: 'topK',
  min_p: 'minP',
  repetition_penalty: 'repetitionPenalty',
};

/** The file for a model among those that lie with it: in its folder, or in the nearest one above. */
export function generationConfigOf<File extends SourceFile>(model: string, files: readonly File[]): File | undefined {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const folders = path.posix.dirname(model).split('/');
  const places = folders.map((_, depth) => folders.slice(0, folders.length - depth).join('/'));
  const found = [...places, '.'].map((folder) => byPath.get(path.posix.join(folder, GENERATION_CONFIG)));
  const nearest = found.find((file) => file !== undefined);
  return nearest !== undefined && nearest.sizeBytes <= MAX_BYTES ? nearest : undefined;
}

/** The sampling defaults in the text of such a file; what no request could set is left out, and so is all of a text that is no JSON. */
export function samplingOfConfig(text: string): SamplingDefaults {
  const config = parsed(text);
  const found: { -readonly [Name in keyof SamplingDefaults]: number } = {};
  for (const [key, name] of Object.entries(NAMES)) {
    const value = config[key];
    if (isSamplingValue(name, value)) found[name] = value;
  }
  return found;
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {};
  }
}
