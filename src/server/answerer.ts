import { formatModelRef, type ModelRef, type Timing } from '../core/index.js';

const names = new WeakMap<ModelRef, string>();

type Header = readonly [name: string, value: string];

/**
 * Headers that say which version answers, by which arm of which route, and which members of the request it ignores: `x-millrace-model: fraud/4`.
 * None where no version answers and nothing is ignored.
 */
export function answererHeaders({ answeredBy, route, arm, ignored }: Timing): readonly Header[] {
  if (answeredBy === undefined && ignored.length === 0) return NONE;
  const headers: Header[] = [];
  if (answeredBy !== undefined) headers.push(['x-millrace-model', headerNameOf(answeredBy)]);
  if (answeredBy !== undefined && route !== '') {
    headers.push(['x-millrace-route', toHeader(route)], ['x-millrace-arm', toHeader(arm)]);
  }
  if (ignored.length > 0) headers.push(['x-millrace-ignored', ignored.join(', ')]);
  return headers;
}

const NONE: readonly Header[] = [];

function headerNameOf(ref: ModelRef): string {
  let name = names.get(ref);
  if (name === undefined) {
    name = toHeader(formatModelRef(ref));
    names.set(ref, name);
  }
  return name;
}

/** Names may hold what headers may not. */
function toHeader(text: string): string {
  return /^[\x21-\x7e]*$/.test(text) ? text : encodeURIComponent(text).replaceAll('%2F', '/').replaceAll('%40', '@');
}
