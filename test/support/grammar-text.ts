import type { Random } from './random.js';

/** A part of a rule. `cost`: characters of the shortest text that it allows. */
type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'class'; readonly allows: (character: string) => boolean; readonly first: string }
  | { readonly kind: 'rule'; readonly name: string }
  | { readonly kind: 'all'; readonly parts: readonly Part[] }
  | { readonly kind: 'one'; readonly parts: readonly Part[] }
  | { readonly kind: 'repeat'; readonly part: Part; readonly least: number; readonly most: number };

/** Characters that classes are asked for, those of marks among them. */
const CHARACTERS = [...'a<>/|"\\{}[]:,=\'z0 9\n|é😀'];
/** A text gets so long by chance, and ends as soon as it can from there on. */
const LONG = 60;

/** Texts by chance that a grammar of llama.cpp allows. */
export class GrammarText {
  readonly #rules = new Map<string, Part>();
  readonly #costs = new Map<string, number>();

  constructor(grammar: string) {
    for (const line of grammar.trimEnd().split('\n')) {
      const at = line.indexOf(' ::= ');
      this.#rules.set(line.slice(0, at), new RuleReader(line.slice(at + 5)).read());
    }
    for (let isNew = true; isNew; ) {
      isNew = false;
      for (const [name, part] of this.#rules) {
        const cost = this.#costOf(part);
        if (cost >= (this.#costs.get(name) ?? Number.POSITIVE_INFINITY)) continue;
        this.#costs.set(name, cost);
        isNew = true;
      }
    }
  }

  make(random: Random): string {
    let text = '';
    const write = (part: Part): void => {
      const isLong = text.length > LONG;
      if (part.kind === 'text') text += part.text;
      else if (part.kind === 'class') text += random.pick([part.first, ...CHARACTERS.filter(part.allows)]);
      else if (part.kind === 'rule') write(this.#ruleOf(part.name));
      else if (part.kind === 'all') part.parts.forEach(write);
      else if (part.kind === 'one') write(isLong ? this.#shortest(part.parts) : random.pick(part.parts));
      else {
        const most = isLong ? part.least : Math.min(part.most, part.least + 2);
        for (let left = random.integer(part.least, most); left > 0; left--) write(part.part);
      }
    };
    write(this.#ruleOf('root'));
    return text;
  }

  #ruleOf(name: string): Part {
    const part = this.#rules.get(name);
    if (part === undefined) throw new Error(`the grammar has no rule ${name}`);
    return part;
  }

  #shortest(parts: readonly Part[]): Part {
    return parts.reduce((best, part) => (this.#costOf(part) < this.#costOf(best) ? part : best));
  }

  #costOf(part: Part): number {
    switch (part.kind) {
      case 'text':
        return part.text.length;
      case 'class':
        return 1;
      case 'rule':
        return this.#costs.get(part.name) ?? Number.POSITIVE_INFINITY;
      case 'all':
        return part.parts.reduce((sum, each) => sum + this.#costOf(each), 0);
      case 'one':
        return Math.min(...part.parts.map((each) => this.#costOf(each)));
      case 'repeat':
        return part.least === 0 ? 0 : part.least * this.#costOf(part.part);
    }
  }
}

/** Reads what is behind `::=`, as this server writes it. */
class RuleReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(): Part {
    const alternatives: Part[][] = [[]];
    for (let next = this.#next(); next !== '' && next !== ')'; next = this.#next()) {
      if (next === '|') {
        this.#at++;
        alternatives.push([]);
      } else alternatives.at(-1)?.push(this.#repeated(this.#part(next)));
    }
    return { kind: 'one', parts: alternatives.map((parts) => ({ kind: 'all', parts })) };
  }

  #next(): string {
    while (this.#text[this.#at] === ' ') this.#at++;
    return this.#text[this.#at] ?? '';
  }

  #part(next: string): Part {
    if (next === '"') return { kind: 'text', text: JSON.parse(this.#take(/"(?:[^"\\]|\\.)*"/y)) };
    if (next === '[') return classOf(this.#take(/\[(?:[^\]\\]|\\.)*\]/y));
    if (next === '.') return classOf(this.#take(/\./y));
    if (next !== '(') return { kind: 'rule', name: this.#take(/[\w-]+/y) };
    this.#at++;
    const part = this.read();
    this.#take(/\)/y);
    return part;
  }

  #repeated(part: Part): Part {
    const [, sign, least, comma, most] = this.#match(/([?*+])|\{(\d+)(,?)(\d*)\}/y) ?? [];
    if (sign !== undefined) {
      return {
        kind: 'repeat',
        part,
        least: sign === '+' ? 1 : 0,
        most: sign === '?' ? 1 : Number.POSITIVE_INFINITY,
      };
    }
    if (least === undefined) return part;
    const last = comma === '' ? least : most || Number.POSITIVE_INFINITY;
    return { kind: 'repeat', part, least: Number(least), most: Number(last) };
  }

  #take(pattern: RegExp): string {
    const [text] = this.#match(pattern) ?? [];
    if (text === undefined) throw new Error(`at ${this.#at}: ${this.#text}`);
    return text;
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match !== null) this.#at = pattern.lastIndex;
    return match;
  }
}

function classOf(text: string): Part {
  const source = text.replaceAll(/\\U0*([0-9A-F]+)/g, '\\u{$1}').replaceAll(/\\u([0-9A-F]{4})/g, '\\u{$1}');
  const pattern = new RegExp(`^${source}$`, 'su');
  const printable = Array.from({ length: 95 }, (_, code) => String.fromCharCode(32 + code));
  const first = printable.find((character) => pattern.test(character));
  return { kind: 'class', allows: (character) => pattern.test(character), first: first ?? '\n' };
}
