import { dirname } from 'node:path';
import { isMap, isScalar, isSeq, LineCounter, type ParsedNode, parseDocument } from 'yaml';
import { invalidArgument } from '../core/index.js';
import { isTree, type Layer } from './layer.js';
import { readText } from './read-text.js';

const MAX_FILE_BYTES = 4_194_304;

/** Reads `millrace.yaml`; every path in it can be located as `file:line:column`. Throws `invalid_argument`. */
export function readSettingsFile(path: string): Layer {
  const refuse = (message: string): never => {
    throw invalidArgument(message);
  };
  let text = '';
  try {
    text = readText(path, MAX_FILE_BYTES);
  } catch (error) {
    refuse(`${path}: ${(error as Error).message}`);
  }

  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${path}:${line}:${col}`;
  };
  const [error] = document.errors;
  if (error !== undefined) refuse(`${at(error.pos[0])}: ${error.message}`);

  const tree: unknown = document.toJS() ?? {};
  if (!isTree(tree))
    return refuse(`${at(0)}: expected a map of settings, got ${Array.isArray(tree) ? 'a list' : tree}`);
  return {
    tree,
    folder: dirname(path),
    locate: (keys) => at(offsetOf(document.contents, keys)),
  };
}

/** Where the last key of `path` begins, or as much of the path as exists. */
function offsetOf(root: ParsedNode | null, path: readonly string[]): number {
  let offset = root?.range[0] ?? 0;
  let node: unknown = root;
  for (const name of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === name);
      if (pair === undefined || !isScalar(pair.key)) return offset;
      offset = pair.key.range?.[0] ?? offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(name)];
      offset = (node as ParsedNode | undefined)?.range[0] ?? offset;
    } else {
      return offset;
    }
  }
  return offset;
}
