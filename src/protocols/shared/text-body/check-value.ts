import { invalidArgument } from '../../../core/index.js';
import { ParameterError } from '../generation/parameter-error.js';
import { MAX_VALUES } from './limits.js';

/** Lists and objects inside one another: far more than any request has, far less than a stack holds. */
const MAX_DEPTH = 128;
const HALF_PAIR = /\p{Surrogate}/u;
/** Half of a character comes by an escape only: the rest of a body is UTF-8. */
const ESCAPED_HALF = /\\u[dD][89a-fA-F]/;

interface Place {
  readonly value: object;
  readonly name: string | number;
  readonly parent: Place | undefined;
  readonly depth: number;
}

/**
 * Refuses what nothing behind this can read: JSON that is too deep, or has too many values, texts with half a character. `json`: what it was
 * parsed from.
 */
export function checkValue(root: unknown, json: string): void {
  if (typeof root !== 'object' || root === null) return;
  const mayHoldHalves = ESCAPED_HALF.test(json);
  const open: Place[] = [{ value: root, name: '', parent: undefined, depth: 1 }];
  let values = 0;
  const visit = (parent: Place, name: string | number, value: unknown): void => {
    if (++values > MAX_VALUES) {
      throw invalidArgument(`the body has more than ${MAX_VALUES} values (numbers in lists do not count)`);
    }
    if (typeof value === 'object' && value !== null) open.push({ value, name, parent, depth: parent.depth + 1 });
    else if (mayHoldHalves && typeof value === 'string' && HALF_PAIR.test(value)) refuse(parent, name);
  };
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    const { value, depth } = place;
    if (depth > MAX_DEPTH) {
      throw invalidArgument(`the body has more than ${MAX_DEPTH} lists and objects inside one another`);
    }
    if (Array.isArray(value)) {
      // Tokens of a prompt are numbers, of which there may be many.
      for (let index = 0; index < value.length; index++) {
        if (typeof value[index] !== 'number') visit(place, index, value[index]);
      }
    } else for (const [name, inner] of Object.entries(value)) visit(place, name, inner);
  }
}

function refuse(parent: Place, name: string | number): never {
  let where = '';
  const names = [name];
  for (let place: Place | undefined = parent; place?.parent !== undefined; place = place.parent) names.push(place.name);
  for (const each of names.reverse()) {
    where += typeof each === 'number' ? `[${each}]` : `${where === '' ? '' : '.'}${each}`;
  }
  throw new ParameterError(where, `'${where}': expected a text, got one with half a character (a lone surrogate)`);
}
