import type { Alternatives, Gbnf, Item } from './parse.js';

/** Maximum number of ways in which a text can continue: llama.cpp tracks each of them. */
const MAX_WAYS = 1_000;
/** Rules and brackets that begin with each other: a call each, here and in llama.cpp. */
const MAX_CHAIN = 1_000;

/** How a part may begin. */
interface Ways {
  /** With a character. */
  readonly count: number;
  /** It may be nothing as well. */
  readonly mayBeNothing: boolean;
}

/** Refuses grammars that llama.cpp does not accept or would expand without end. Throws `invalid_argument` with line and column. */
export function checkGbnf(grammar: Gbnf): void {
  if (!grammar.rules.has('root')) throw grammar.refuse(0, "there is no rule 'root'");
  new GbnfCheck(grammar).run();
}

class GbnfCheck {
  readonly #grammar: Gbnf;
  /** By rule; 'open' = it is being looked at. */
  readonly #ways = new Map<string, Ways | 'open'>();
  #chain = 0;

  constructor(grammar: Gbnf) {
    this.#grammar = grammar;
  }

  run(): void {
    const { rules } = this.#grammar;
    for (const { alternatives } of rules.values()) this.#references(alternatives);
    for (const [name, { at }] of rules) this.#ofRule(name, at);
    for (const { alternatives, at } of rules.values()) this.#places(alternatives, at);
  }

  /** Refuses references to nothing. */
  #references(alternatives: Alternatives): void {
    for (const item of alternatives.flat()) {
      const inner = item.kind === 'repeat' ? item.item : item;
      if (inner.kind === 'group') this.#references(inner.alternatives);
      if (inner.kind !== 'rule' || this.#grammar.rules.has(inner.name)) continue;
      throw this.#grammar.refuse(inner.at, `there is no rule '${inner.name}'`);
    }
  }

  /** Refuses positions after which a text can continue in too many ways. */
  #places(alternatives: Alternatives, at: number): void {
    for (const sequence of alternatives) {
      let after: Ways = { count: 0, mayBeNothing: true };
      for (const item of sequence.toReversed()) {
        const { count, mayBeNothing } = this.#ofItem(item, at);
        after = mayBeNothing ? this.#checked({ ...after, count: count + after.count }, at) : { count, mayBeNothing };
        const inner = item.kind === 'repeat' ? item.item : item;
        if (inner.kind === 'group') this.#places(inner.alternatives, inner.at);
      }
    }
  }

  #ofRule(name: string, at: number): Ways {
    const known = this.#ways.get(name);
    if (known === 'open') throw this.#grammar.refuse(at, `the rule '${name}' refers to itself before anything else`);
    if (known !== undefined) return known;
    const rule = this.#grammar.rules.get(name);
    this.#ways.set(name, 'open');
    const ways = this.#ofAlternatives(rule?.alternatives ?? [], rule?.at ?? at);
    this.#ways.set(name, ways);
    return ways;
  }

  #ofAlternatives(alternatives: Alternatives, at: number): Ways {
    if (++this.#chain > MAX_CHAIN)
      throw this.#grammar.refuse(at, `begins with more than ${MAX_CHAIN} rules and brackets`);
    let count = 0;
    let mayBeNothing = false;
    for (const sequence of alternatives) {
      const ways = this.#ofSequence(sequence, at);
      count += ways.count;
      if (ways.mayBeNothing && mayBeNothing) throw this.#grammar.refuse(at, 'two alternatives may be nothing');
      mayBeNothing ||= ways.mayBeNothing;
    }
    this.#chain--;
    return this.#checked({ count, mayBeNothing }, at);
  }

  #ofSequence(sequence: readonly Item[], at: number): Ways {
    let count = 0;
    for (const [index, item] of sequence.entries()) {
      if (index >= MAX_WAYS) throw this.#grammar.refuse(at, `more than ${MAX_WAYS} parts in a row may be nothing`);
      const ways = this.#ofItem(item, at);
      count += ways.count;
      if (!ways.mayBeNothing) return this.#checked({ count, mayBeNothing: false }, at);
    }
    return this.#checked({ count, mayBeNothing: true }, at);
  }

  #ofItem(item: Item, at: number): Ways {
    switch (item.kind) {
      case 'text':
        return item.text === '' ? { count: 0, mayBeNothing: true } : { count: 1, mayBeNothing: false };
      case 'set':
        return { count: 1, mayBeNothing: false };
      case 'rule':
        return this.#ofRule(item.name, item.at);
      case 'group':
        return this.#ofAlternatives(item.alternatives, item.at);
      case 'repeat': {
        const { count, mayBeNothing } = this.#ofItem(item.item, at);
        if (mayBeNothing) throw this.#grammar.refuse(item.at, 'what is repeated may be nothing already');
        return item.most === 0 ? { count: 0, mayBeNothing: true } : { count, mayBeNothing: item.least === 0 };
      }
    }
  }

  #checked(ways: Ways, at: number): Ways {
    if (ways.count <= MAX_WAYS) return ways;
    throw this.#grammar.refuse(at, `a text may go on in more than ${MAX_WAYS} ways`);
  }
}
