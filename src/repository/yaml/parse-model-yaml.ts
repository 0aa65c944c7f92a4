import type { TSchema } from '@sinclair/typebox';
import { parseYaml } from '../../yaml/index.js';
import type { ModelConfig } from '../model-config.js';
import { explainMismatches } from './explain.js';

const MAX_REPORTED = 3;

/**
 * A `model.yaml` (or its JSON form) checked against its schema. Throws an Error whose message begins with
 * `line:column` and names expected and got; up to three mistakes are reported at a time.
 */
export function parseModelYaml(text: string, schema: TSchema): ModelConfig {
  const { tree, locate } = parseYaml(text);
  const mismatches = explainMismatches(schema, tree);
  if (mismatches.length > 0) {
    const shown = mismatches.slice(0, MAX_REPORTED).map(({ path, message }) => `${locate(path)}: ${message}`);
    const more = mismatches.length - shown.length;
    throw new Error(shown.join('; ') + (more > 0 ? `; and ${more} more` : ''));
  }
  // Value.Errors found none, so the tree has the schema's type.
  return tree as ModelConfig;
}
