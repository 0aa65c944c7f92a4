import { type Alternatives, type Gbnf, type Item, parseGbnf } from '../../src/runtimes/llama/grammar/gbnf/parse.js';

/** Grammars of schemas are larger than those of requests may be. */
const LIMITS = { characters: 64 * 2 ** 20, rules: 100_000, items: 4_000_000, repetitions: 1_000_000 };

/** The texts of a grammar of llama.cpp, without llama.cpp. */
export class GbnfTexts {
  readonly #grammar: Gbnf;
  /** How much has to be written at least, by rule. */
  readonly #sizes = new Map<string, number>();

  constructor(source: string) {
    this.#grammar = parseGbnf(source, LIMITS);
    this.#measure();
  }

  /** Whether a text is one of the grammar's. */
  takes(text: string): boolean {
    const characters = Array.from(text, (character) => character.codePointAt(0) ?? 0);
    const known = new Map<string, ReadonlySet<number>>();
    const sequence = (items: readonly Item[], from: ReadonlySet<number>) => {
      let at = from;
      for (const item of items) at = new Set(Array.from(at).flatMap((each) => Array.from(one(item, each))));
      return at;
    };
    const several = (alternatives: Alternatives, from: number) =>
      new Set(alternatives.flatMap((items) => [...sequence(items, new Set([from]))]));
    const one = (item: Item, from: number): ReadonlySet<number> => {
      switch (item.kind) {
        case 'text': {
          const codes = Array.from(item.text, (character) => character.codePointAt(0));
          return new Set(codes.every((code, index) => characters[from + index] === code) ? [from + codes.length] : []);
        }
        case 'set': {
          const code = characters[from];
          const holds = code !== undefined && item.ranges.some(([least, most]) => code >= least && code <= most);
          return new Set(holds ? [from + 1] : []);
        }
        case 'rule': {
          const key = `${item.name} ${from}`;
          const ends = known.get(key) ?? several(this.#rule(item.name), from);
          known.set(key, ends);
          return ends;
        }
        case 'group':
          return several(item.alternatives, from);
        case 'repeat': {
          const ends = new Set<number>(item.least === 0 ? [from] : []);
          let at: ReadonlySet<number> = new Set([from]);
          for (let times = 1; times <= item.most && at.size > 0; times++) {
            at = new Set(
              [...at]
                .flatMap((each) => [...one(item.item, each)])
                .filter((end) => times < item.least || !ends.has(end)),
            );
            if (times >= item.least) for (const end of at) ends.add(end);
          }
          return ends;
        }
      }
    };
    return several(this.#rule('root'), 0).has(characters.length);
  }

  /** One of the texts, by numbers from 0 to 1. It ends soon once `length` characters are written. */
  sample(random: () => number, length = 100): string {
    let text = '';
    const isLong = () => text.length > length;
    const choose = <Of>(all: readonly Of[]): Of =>
      all[Math.min(all.length - 1, Math.floor(random() * all.length))] as Of;
    const several = (alternatives: Alternatives) => {
      const open = alternatives.filter((items) => Number.isFinite(this.#sizeOf(items)));
      const least = Math.min(...open.map((items) => this.#sizeOf(items)));
      const items = choose(isLong() ? open.filter((each) => this.#sizeOf(each) === least) : open);
      for (const item of items) one(item);
    };
    const one = (item: Item): void => {
      switch (item.kind) {
        case 'text':
          text += item.text;
          break;
        case 'set': {
          const [from, to] = choose(item.ranges);
          // Most of the many characters look alike.
          text += String.fromCodePoint(from + Math.floor(random() * (Math.min(to, from + 200) - from + 1)));
          break;
        }
        case 'rule':
          several(this.#rule(item.name));
          break;
        case 'group':
          several(item.alternatives);
          break;
        case 'repeat': {
          const most = Math.min(item.most, item.least + 4);
          const times = isLong() ? item.least : item.least + Math.floor(random() * (most - item.least + 1));
          for (let count = 0; count < times; count++) one(item.item);
        }
      }
    };
    several(this.#rule('root'));
    return text;
  }

  #rule(name: string): Alternatives {
    const rule = this.#grammar.rules.get(name);
    if (rule === undefined) throw new Error(`there is no rule ${name}`);
    return rule.alternatives;
  }

  #measure(): void {
    for (let changed = true; changed; ) {
      changed = false;
      for (const [name, { alternatives }] of this.#grammar.rules) {
        const size = this.#sizeOfAny(alternatives);
        if (size === (this.#sizes.get(name) ?? Number.POSITIVE_INFINITY)) continue;
        this.#sizes.set(name, size);
        changed = true;
      }
    }
  }

  #sizeOfAny(alternatives: Alternatives): number {
    return Math.min(...alternatives.map((items) => this.#sizeOf(items)));
  }

  #sizeOf(items: readonly Item[]): number {
    return items.reduce((sum, item) => sum + this.#sizeOfItem(item), 0);
  }

  #sizeOfItem(item: Item): number {
    switch (item.kind) {
      case 'text':
      case 'set':
        return 1;
      case 'rule':
        return 1 + (this.#sizes.get(item.name) ?? Number.POSITIVE_INFINITY);
      case 'group':
        return this.#sizeOfAny(item.alternatives);
      case 'repeat':
        return item.least === 0 ? 0 : item.least * this.#sizeOfItem(item.item);
    }
  }
}
