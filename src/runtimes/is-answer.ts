import type { Emission } from './batch.js';

/** Whether an emission is an answer for its reader, and not the end of an item only. */
export function isAnswer({ outputs, delta, error }: Pick<Emission, 'outputs' | 'delta' | 'error'>): boolean {
  return outputs.length > 0 || delta !== undefined || error !== undefined;
}
