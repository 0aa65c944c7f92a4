import { dirname } from 'node:path';
import { invalidArgument } from '../core/index.js';
import { parseYaml } from '../yaml/index.js';
import { isTree, type Layer } from './layer.js';
import { readText } from './read-text.js';

const MAX_FILE_BYTES = 4_194_304;

/** Reads `millrace.yaml`; every path in it can be located as `file:line:column`. Throws `invalid_argument`. */
export function readSettingsFile(path: string): Layer {
  const text = explaining(`${path}: `, () => readText(path, MAX_FILE_BYTES));
  const { tree, locate } = explaining(`${path}:`, () => parseYaml(text));
  if (!isTree(tree)) {
    const got = Array.isArray(tree) ? 'a list' : tree;
    throw invalidArgument(`${path}:${locate([])}: expected a map of settings, got ${got}`);
  }
  return { tree, folder: dirname(path), file: path, locate: (keys) => `${path}:${locate(keys)}` };
}

/** What `work` gives; the messages of its errors complete `prefix`. */
function explaining<T>(prefix: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw invalidArgument(`${prefix}${(error as Error).message}`);
  }
}
