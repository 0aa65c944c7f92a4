import type { TSchema } from '@sinclair/typebox';
import { isMap, isScalar, isSeq, LineCounter, type ParsedNode, parseDocument } from 'yaml';
import type { ModelConfig } from '../model-config.js';
import { explainMismatches } from './explain.js';

const MAX_REPORTED = 3;

/**
 * A `model.yaml` (or its JSON form) checked against its schema. Throws an Error whose message begins with
 * `line:column` and names expected and got; up to three mistakes are reported at a time.
 */
export function parseModelYaml(text: string, schema: TSchema): ModelConfig {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${line}:${col}`;
  };
  const [syntaxError] = document.errors;
  if (syntaxError !== undefined) throw new Error(`${at(syntaxError.pos[0])}: ${syntaxError.message}`);
  const tree: unknown = document.toJS({ maxAliasCount: 100 }) ?? {};
  const mismatches = explainMismatches(schema, tree);
  if (mismatches.length > 0) {
    const shown = mismatches
      .slice(0, MAX_REPORTED)
      .map(({ path, message }) => `${at(offsetOf(document.contents, path))}: ${message}`);
    const more = mismatches.length - shown.length;
    throw new Error(shown.join('; ') + (more > 0 ? `; and ${more} more` : ''));
  }
  // Value.Errors found none, so the tree has the schema's type.
  return tree as ModelConfig;
}

/** Where the last key of `path` begins, or as much of the path as there is. */
function offsetOf(root: ParsedNode | null, path: readonly string[]): number {
  let node: unknown = root;
  let offset = root?.range[0] ?? 0;
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
