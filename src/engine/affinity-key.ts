import type { Call, Tensor } from '../core/index.js';

/** How much of a request two must have in common for one to be cheaper where the other was. */
const PREFIX_BYTES = 256;
/** BYTES elements begin with their length. */
const LENGTH_BYTES = 4;

/**
 * What a request has in common with others that are cheaper where it was: the key that its caller gives, else the beginning
 * of its first input. undefined = nothing.
 */
export function affinityKeyOf({ routingKey }: Pick<Call, 'routingKey'>, inputs: readonly Tensor[]): string | undefined {
  if (routingKey !== undefined) return `key:${routingKey}`;
  const [first] = inputs;
  if (first === undefined) return undefined;
  const start = first.datatype === 'BYTES' ? LENGTH_BYTES : 0;
  const { buffer, byteOffset, byteLength } = first.data;
  const sizeBytes = Math.max(0, Math.min(PREFIX_BYTES, byteLength - start));
  return `prefix:${Buffer.from(buffer, byteOffset + start, sizeBytes).toString('latin1')}`;
}
