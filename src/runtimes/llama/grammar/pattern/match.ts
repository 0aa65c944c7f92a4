import { PatternTooLarge } from './budget.js';
import { type CharacterSet, type Node, parsePattern } from './parse.js';
import { searcher } from './search.js';

/** What a state does: takes a character, goes on to others, or asks where it is. */
type State = { readonly kind: 'set'; readonly set: CharacterSet } | { readonly kind: 'begin' | 'end' | 'match' } | Fork;

/** Goes on to two states. */
interface Fork {
  readonly kind: 'fork';
  first: number;
  second: number;
}

/** States that a pattern is made into, repetitions written out. */
const MAX_STATES = 10_000;

/** A pattern whose search takes time in proportion to the text, whatever it is. */
export interface LinearPattern {
  test(text: string): boolean;
  /** Its source. */
  toString(): string;
}

/** Compiles a regular expression of ECMAScript (flag `u`). Throws for one that is wrong, not supported, or too large. */
export function compilePattern(source: string): LinearPattern {
  const pattern = parsePattern(source);
  if (looksAhead(pattern)) return { test: searcher(pattern), toString: () => source };
  const states = new StateMaker().make(pattern);
  return { test: (text) => search(states, text), toString: () => source };
}

/** Whether one of the states can be reached that ends the pattern, from any place in the text on. */
function search(states: readonly State[], text: string): boolean {
  const characters = Array.from(text);
  let current = new Set<number>();
  for (let at = 0; at <= characters.length; at++) {
    const edges = { isBegin: at === 0, isEnd: at === characters.length };
    const reached = reachable(states, [...current, 0], edges);
    if (reached === 'match') return true;
    current = new Set();
    const code = characters[at]?.codePointAt(0);
    if (code === undefined) return false;
    for (const index of reached) {
      const state = states[index];
      if (state?.kind === 'set' && holds(state.set, code)) current.add(index + 1);
    }
  }
  return false;
}

interface Edges {
  readonly isBegin: boolean;
  readonly isEnd: boolean;
}

/** States in which a character can be taken. */
function reachable(states: readonly State[], from: number[], { isBegin, isEnd }: Edges): ReadonlySet<number> | 'match' {
  const seen = new Set<number>();
  for (let index = from.pop(); index !== undefined; index = from.pop()) {
    if (seen.has(index)) continue;
    seen.add(index);
    const state = states[index];
    if (state?.kind === 'match') return 'match';
    if (state?.kind === 'fork') from.push(state.first, state.second);
    if ((state?.kind === 'begin' && isBegin) || (state?.kind === 'end' && isEnd)) from.push(index + 1);
  }
  return seen;
}

function holds({ ranges, isNegated }: CharacterSet, code: number): boolean {
  return ranges.some(([from, to]) => code >= from && code <= to) !== isNegated;
}

function looksAhead(node: Node): boolean {
  if (node.kind === 'ahead') return true;
  if (node.kind === 'repeat') return looksAhead(node.node);
  return 'nodes' in node && node.nodes.some(looksAhead);
}

class StateMaker {
  readonly #states: State[] = [];
  /** Steps of making them: parts that are empty may be repeated as well. */
  #stepsLeft = 4 * MAX_STATES;

  make(pattern: Node): readonly State[] {
    this.#add(pattern);
    this.#push({ kind: 'match' });
    return this.#states;
  }

  #add(node: Node): void {
    if (this.#stepsLeft-- === 0) throw tooLarge();
    switch (node.kind) {
      case 'set':
      case 'begin':
      case 'end':
        this.#push(node);
        break;
      case 'sequence':
        for (const each of node.nodes) this.#add(each);
        break;
      case 'choice':
        this.#addChoice(node.nodes);
        break;
      case 'repeat':
        for (let count = 0; count < node.least; count++) this.#add(node.node);
        if (node.most === Number.POSITIVE_INFINITY) this.#addLoop(node.node);
        else this.#addOptional(node.node, node.most - node.least);
        break;
      case 'ahead':
        // Patterns that look ahead are searched in another way.
        throw new TypeError('a pattern that looks ahead has no such states');
    }
  }

  #addChoice(nodes: readonly Node[]): void {
    const exits: Fork[] = [];
    for (const [index, node] of nodes.entries()) {
      const isLast = index === nodes.length - 1;
      const fork = isLast ? undefined : this.#fork();
      this.#add(node);
      if (fork === undefined) continue;
      exits.push(this.#fork());
      fork.second = this.#states.length;
    }
    for (const exit of exits) exit.first = exit.second = this.#states.length;
  }

  #addLoop(node: Node): void {
    const start = this.#states.length;
    const fork = this.#fork();
    this.#add(node);
    const back = this.#fork();
    back.first = back.second = start;
    fork.second = this.#states.length;
  }

  #addOptional(node: Node, times: number): void {
    const forks = Array.from({ length: times }, () => {
      const fork = this.#fork();
      this.#add(node);
      return fork;
    });
    for (const fork of forks) fork.second = this.#states.length;
  }

  /** A state that goes on to the next one, or to where it is set to go. */
  #fork(): Fork {
    const next = this.#states.length + 1;
    const fork: Fork = { kind: 'fork', first: next, second: next };
    this.#push(fork);
    return fork;
  }

  #push(state: State): void {
    if (this.#states.length >= MAX_STATES) throw tooLarge();
    this.#states.push(state);
  }
}

function tooLarge(): PatternTooLarge {
  return new PatternTooLarge(`the pattern is too large: it has more than ${MAX_STATES} states`);
}
