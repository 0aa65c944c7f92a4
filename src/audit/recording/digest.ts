import { createHash } from 'node:crypto';
import type { InferRequest, Tensor } from '../../core/index.js';
import { canonicalJson } from '../chain/canonical-json.js';

/**
 * SHA-256 of the inputs in the order of their names: of each a line with its name, datatype and shape as canonical JSON, then its packed bytes.
 * What lies in shared memory is not read.
 */
export function digestOf({ inputs }: Pick<InferRequest, 'inputs'>): string {
  const hash = createHash('sha256');
  for (const { name, datatype, shape, data } of [...inputs].sort(byName)) {
    hash.update(`${canonicalJson({ name, datatype, shape })}\n`);
    hash.update(data);
  }
  return hash.digest('hex');
}

function byName(left: Tensor, right: Tensor): number {
  return left.name < right.name ? -1 : 1;
}
