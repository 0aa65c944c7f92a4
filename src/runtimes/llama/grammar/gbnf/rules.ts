import { setOf } from '../characters.js';
import { type GrammarRules, literal } from '../rules.js';
import { checkGbnf } from './check.js';
import { type Alternatives, type Item, parseGbnf } from './parse.js';

/**
 * The rule for a grammar of a request in llama.cpp's form (GBNF), which is read, checked and written anew: llama.cpp ends the process at some
 * that it cannot read. Throws `invalid_argument` with line and column.
 */
export function ruleOfGbnf(rules: GrammarRules, source: string): string {
  const grammar = parseGbnf(source);
  checkGbnf(grammar);
  // Rename the rules: the grammar already contains others.
  const names = new Map([...grammar.rules.keys()].map((name) => [name, rules.newName()]));
  for (const [name, { alternatives }] of grammar.rules) rules.set(names.get(name) ?? '', printed(alternatives, names));
  return names.get('root') ?? '';
}

function printed(alternatives: Alternatives, names: ReadonlyMap<string, string>): string {
  return alternatives.map((sequence) => sequence.map((item) => printedItem(item, names)).join(' ')).join(' | ');
}

function printedItem(item: Item, names: ReadonlyMap<string, string>): string {
  switch (item.kind) {
    case 'text':
      return literal(item.text);
    case 'set':
      return setOf(item.ranges);
    case 'rule':
      return names.get(item.name) ?? '';
    case 'group':
      return `(${printed(item.alternatives, names)})`;
    case 'repeat': {
      const { least, most } = item;
      return `${printedItem(item.item, names)}{${least},${most === Number.POSITIVE_INFINITY ? '' : most}}`;
    }
  }
}
