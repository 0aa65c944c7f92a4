import type { TSchema } from '@sinclair/typebox';
import { parseYaml } from '../../yaml/index.js';
import type { ModelConfig } from '../model-config.js';
import { explainMismatches } from './explain.js';

const MAX_REPORTED = 3;

interface ParsedModel {
  readonly config: ModelConfig;
  /** By label of a version, the `line:column` where it is written. */
  readonly labelPlaces?: Readonly<Record<string, string>>;
}

/**
 * A `model.yaml` (or its JSON form) checked against its schema. Throws an Error whose message begins with
 * `line:column` and names expected and got; up to three mistakes are reported at a time.
 */
export function parseModelYaml(text: string, schema: TSchema): ParsedModel {
  const { tree, locate } = parseYaml(text);
  const mismatches = explainMismatches(schema, tree);
  if (mismatches.length > 0) {
    const shown = mismatches.slice(0, MAX_REPORTED).map(({ path, message }) => `${locate(path)}: ${message}`);
    const more = mismatches.length - shown.length;
    throw new Error(shown.join('; ') + (more > 0 ? `; and ${more} more` : ''));
  }
  // Value.Errors found none, so the tree has the schema's type.
  const config = tree as ModelConfig;
  const labels = Object.keys(config.labels ?? {});
  if (labels.length === 0) return { config };
  return { config, labelPlaces: Object.fromEntries(labels.map((label) => [label, locate(['labels', label])])) };
}
