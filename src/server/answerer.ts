import { formatModelRef, type ModelRef, type Timing } from '../core/index.js';

const names = new WeakMap<ModelRef, string>();

/** Headers that say which version answers, and by which arm of which route: `x-millrace-model: fraud/4`. None where nobody does. */
export function answererHeaders({ answeredBy, route, arm }: Timing): readonly (readonly [string, string])[] {
  if (answeredBy === undefined) return NONE;
  const model = ['x-millrace-model', headerNameOf(answeredBy)] as const;
  if (route === '') return [model];
  return [model, ['x-millrace-route', toHeader(route)], ['x-millrace-arm', toHeader(arm)]];
}

const NONE: readonly (readonly [string, string])[] = [];

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
