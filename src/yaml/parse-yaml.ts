import { isMap, isScalar, isSeq, LineCounter, type ParsedNode, parseDocument } from 'yaml';

/** A document that was read. */
export interface YamlDocument {
  /** Plain data; `{}` for a document that is empty. */
  readonly tree: unknown;
  /** `line:column` where the last key of `path` begins, or as much of the path as exists. */
  locate(path: readonly string[]): string;
}

/** Aliases that a document may use; more are an attempt to fill the memory. */
const MAX_ALIASES = 100;

/** Reads a document. Throws an Error whose message begins with `line:column` for what is not YAML. */
export function parseYaml(text: string): YamlDocument {
  const lines = new LineCounter();
  // Its warnings would go to standard error, past the log.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${line}:${col}`;
  };
  const [error] = document.errors;
  if (error !== undefined) throw new Error(`${at(error.pos[0])}: ${error.message}`);
  return {
    tree: document.toJS({ maxAliasCount: MAX_ALIASES }) ?? {},
    locate: (path) => at(offsetOf(document.contents, path)),
  };
}

function offsetOf(root: ParsedNode | null, path: readonly string[]): number {
  let offset = root?.range[0] ?? 0;
  let node: unknown = root;
  for (const key of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === key);
      if (!isScalar(pair?.key)) return offset;
      offset = pair.key.range?.[0] ?? offset;
      node = pair.value;
    } else if (isSeq(node)) {
      const item = node.items[Number(key)] as ParsedNode | undefined;
      offset = item?.range[0] ?? offset;
      node = item;
    } else {
      return offset;
    }
  }
  return offset;
}
