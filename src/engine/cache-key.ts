import { createHash } from 'node:crypto';
import type { InferRequest, ParameterElement, ParameterValue } from '../core/index.js';
import type { CheckedRequest } from './check-request.js';

/** Hashing takes about a millisecond for this much, in which nobody else is served. */
export const MAX_KEYED_BYTES = 1_048_576;

/** Where an answer is valid: the model's generation, and the owner; '' = every owner. */
export interface CacheScope {
  readonly generation: number;
  readonly ownerId: string;
}

/**
 * The same for two requests in a scope that must have the same answer, and for no others: SHA-256 over all that a model of this
 * generation gets to see. Lengths stand before texts, so that no two requests are written alike.
 */
export function cacheKey(
  { generation, ownerId }: CacheScope,
  request: InferRequest,
  { inputs, outputs }: CheckedRequest,
): string {
  let head = `${generation}@${ownerId.length}:${ownerId}`;
  for (const { name, datatype, shape, data } of inputs) {
    head += `<${name.length}:${name}${datatype}[${shape.join(',')}]${data.byteLength}`;
  }
  if (outputs === undefined) head += '*';
  else for (const name of outputs) head += `>${name.length}:${name}`;
  for (const name of Object.keys(request.parameters).sort()) {
    head += `?${name.length}:${name}${encodeValue(request.parameters[name] as ParameterValue)}`;
  }
  const hash = createHash('sha256').update(`${head.length}:${head}`);
  for (const { data } of inputs) hash.update(data);
  return hash.digest('base64');
}

function encodeValue(value: ParameterElement): string {
  if (value === null) return 'null';
  if (typeof value === 'object') return encodeElements(value);
  const text = Object.is(value, -0) ? '-0' : String(value);
  return `${typeof value}${text.length}:${text}`;
}

/** What a model makes of the order of an object's members is its own affair: it counts. */
function encodeElements(value: object): string {
  const elements = Array.isArray(value)
    ? value.map(encodeValue)
    : Object.entries(value).map(([name, element]) => `${name.length}:${name}${encodeValue(element)}`);
  return `${Array.isArray(value) ? 'list' : 'object'}${elements.length}:${elements.join('')}`;
}
