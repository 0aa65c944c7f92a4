import { Budget } from './budget.js';
import { Derivatives } from './derivatives.js';
import type { Node } from './parse.js';

/** Rests of a pattern that are made at most, which takes well under a second. */
const MAX_STEPS = 200_000;

/** Searches texts for a pattern with look-ahead. Takes time in proportion to the text; throws where that would be too long. `whole`: the budget of which this is a part. */
export function searcher(pattern: Node, whole?: Budget): (text: string) => boolean {
  const derivatives = new Derivatives(new Budget(MAX_STEPS, whole));
  const begin = derivatives.containing(pattern);
  // Computes the classes of characters, which `symbolOf` needs.
  void derivatives.symbols;
  return (text) => {
    let state = begin;
    let isBegin = true;
    for (const character of text) {
      const symbol = derivatives.symbolOf(character.codePointAt(0) ?? 0);
      if (symbol === undefined) return false;
      state = derivatives.rest(state, { symbol, isBegin });
      isBegin = false;
      if (state === derivatives.all || state === derivatives.none) break;
    }
    return derivatives.mayEnd(state, isBegin);
  };
}
