import { errorData, toMillraceError } from '../core/index.js';
import type { BatchItem, Emission } from './batch.js';

/** The emission that ends an item with an error. Anything but a MillraceError becomes `internal`. */
export function failedItem({ callId }: Pick<BatchItem, 'callId'>, thrown: unknown): Emission {
  return { callId, outputs: [], error: errorData(toMillraceError(thrown)), final: true };
}
