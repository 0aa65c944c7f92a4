import type { Span } from '../spans/span.js';

const SPAN_BYTES = 512;
const ATTRIBUTE_BYTES = 64;
const LINK_BYTES = 160;

/** About how much memory a span takes. */
export function sizeOf({ name, attributes, links }: Span): number {
  let sizeBytes = SPAN_BYTES + name.length + links.length * LINK_BYTES;
  for (const value of Object.values(attributes)) {
    sizeBytes +=
      ATTRIBUTE_BYTES + (typeof value === 'string' ? value.length : Array.isArray(value) ? value.join().length : 0);
  }
  return sizeBytes;
}
