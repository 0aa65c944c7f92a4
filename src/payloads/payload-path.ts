import { invalidArgument } from '../core/index.js';

/** A step of a path: a member's name, the index of an element, or any of both. */
export type PathStep = string | typeof ANY;
export const ANY = Symbol('*');

/** The members of a record that paths begin with. */
const ROOTS = ['inputs', 'outputs', 'parameters', 'generation'] as const;
const STEP = /\.([^.[\]'"*\s]+)|\.(\*)|\[(\d+)\]|\[(\*)\]|\['((?:[^'\\]|\\.)*)'\]/gy;

/**
 * The steps of a path such as `inputs.chat_input.messages[*].content`: a subset of JSONPath (RFC 9535), whose `$.` may be left out. Throws
 * `invalid_argument` for anything else, and for paths to nothing that a record has.
 */
export function parsePayloadPath(path: string): readonly PathStep[] {
  const rest = path.startsWith('$') ? path.slice(1) : `.${path}`;
  const steps: PathStep[] = [];
  let end = 0;
  for (const match of rest.matchAll(STEP)) {
    const [, name, any, index, anyIndex, quoted] = match;
    end = match.index + match[0].length;
    if (any !== undefined || anyIndex !== undefined) steps.push(ANY);
    else steps.push(name ?? index ?? (quoted ?? '').replace(/\\(.)/g, '$1'));
  }
  if (end !== rest.length || steps.length < 2) {
    throw invalidArgument(`expected a path such as inputs.text or parameters.user, got '${path}'`);
  }
  const [root] = steps;
  if (ROOTS.some((each) => each === root)) return steps;
  throw invalidArgument(`expected a path below ${ROOTS.join(', ')}, got '${path}'`);
}
