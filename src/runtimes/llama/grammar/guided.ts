import { invalidArgument, type MillraceError } from '../../../core/index.js';
import { placesOf } from './pattern/automaton.js';
import { Budget, PatternTooLarge } from './pattern/budget.js';
import { type Node, parsePattern } from './pattern/parse.js';
import { patternProblem } from './pattern/problem.js';
import type { GrammarRules } from './rules.js';
import { plainTextRule } from './text-rules.js';

const MAX_CHARACTERS = 16_384;
/** Steps of the pattern, each of about a microsecond. */
const MAX_STEPS = 100_000;

/** The rule for texts that a regular expression matches as a whole. Throws `invalid_argument`. */
export function ruleOfRegex(rules: GrammarRules, source: string): string {
  if (source.length > MAX_CHARACTERS) {
    throw refused(`has ${source.length} characters; at most ${MAX_CHARACTERS} are supported`);
  }
  const pattern = parsed(source);
  try {
    const places = placesOf([{ kind: 'whole', pattern }], new Budget(MAX_STEPS));
    if (places === undefined) throw refused('matches no text');
    // Sets of characters have rules, too.
    if (2 * places.length > rules.left) throw new PatternTooLarge();
    return plainTextRule(rules, places);
  } catch (error) {
    if (error instanceof PatternTooLarge) throw refused('is too large: write fewer or shorter repetitions');
    throw error;
  }
}

function parsed(source: string): Node {
  try {
    return parsePattern(source);
  } catch (error) {
    throw refused(`cannot be used: ${patternProblem(error)}`);
  }
}

function refused(problem: string): MillraceError {
  return invalidArgument(`the regular expression ${problem}`, { reason: 'invalid_grammar' });
}
