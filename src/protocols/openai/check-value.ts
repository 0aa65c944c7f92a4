import { invalidArgument } from '../../core/index.js';
import { ParameterError } from './errors.js';

/** Lists and objects inside one another: far more than any request has, far less than a stack holds. */
const MAX_DEPTH = 128;
const HALF_PAIR = /\p{Surrogate}/u;
/** Half of a character comes by an escape only: the rest of a body is UTF-8. */
const ESCAPED_HALF = /\\u[dD][89a-fA-F]/;

interface Place {
  readonly value: object;
  readonly name: string;
  readonly parent: Place | undefined;
  readonly depth: number;
}

/** Refuses what nothing behind this can read: JSON that is too deep, texts with half a character. `json`: what it was parsed from. */
export function checkValue(root: unknown, json: string): void {
  if (typeof root !== 'object' || root === null) return;
  const mayHoldHalves = ESCAPED_HALF.test(json);
  const open: Place[] = [{ value: root, name: '', parent: undefined, depth: 1 }];
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    const { value, depth } = place;
    if (depth > MAX_DEPTH) {
      throw invalidArgument(`the body has more than ${MAX_DEPTH} lists and objects inside one another`);
    }
    for (const name in value) {
      const inner = (value as Readonly<Record<string, unknown>>)[name];
      if (typeof inner === 'object' && inner !== null)
        open.push({ value: inner, name, parent: place, depth: depth + 1 });
      else if (mayHoldHalves && typeof inner === 'string' && HALF_PAIR.test(inner)) refuse(place, name);
    }
  }
}

function refuse(parent: Place, name: string): never {
  let where = '';
  const names = [name];
  for (let place: Place | undefined = parent; place?.parent !== undefined; place = place.parent) names.push(place.name);
  for (const each of names.reverse()) where += /^\d+$/.test(each) ? `[${each}]` : `${where === '' ? '' : '.'}${each}`;
  throw new ParameterError(where, `'${where}': expected a text, got one with half a character (a lone surrogate)`);
}
