import { dirname } from 'node:path';
import { invalidArgument } from '../core/index.js';
import { parseYaml } from '../yaml/index.js';
import { isTree, type Layer } from './layer.js';
import { readText } from './read-text.js';

/** A settings file as it was read. */
export interface FileLayer extends Layer {
  readonly file: string;
  readonly text: string;
}

const MAX_FILE_BYTES = 4_194_304;

/** The text of a settings file. Throws `invalid_argument`. */
export function readSettingsText(path: string): string {
  return explaining(`${path}: `, () => readText(path, MAX_FILE_BYTES));
}

/** Reads the text of `millrace.yaml`; every path in it can be located as `file:line:column`. Throws `invalid_argument`. */
export function parseSettingsFile(path: string, text: string): FileLayer {
  const { tree, locate } = explaining(`${path}:`, () => parseYaml(text));
  if (!isTree(tree)) {
    const got = Array.isArray(tree) ? 'a list' : tree;
    throw invalidArgument(`${path}:${locate([])}: expected a map of settings, got ${got}`);
  }
  return { tree, folder: dirname(path), file: path, text, locate: (keys) => `${path}:${locate(keys)}` };
}

/** What `work` gives; the messages of its errors complete `prefix`. */
function explaining<T>(prefix: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw invalidArgument(`${prefix}${(error as Error).message}`);
  }
}
