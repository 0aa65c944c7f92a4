import type { Alphabet } from './alphabet.js';
import { PatternTooLarge } from './budget.js';
import type { Node } from './parse.js';

/** A part of a pattern; equal ones are one object. */
export type Part = Traits & { readonly id: number } & PartKind;
interface Traits {
  /** It may match without a character. */
  readonly mayBeEmpty: boolean;
  /** Whether it matches depends on what is around. */
  readonly isAsserting: boolean;
}
type PartKind =
  | { readonly kind: 'set'; readonly set: number }
  /** `progress`: the part before it has taken a character. */
  | { readonly kind: 'begin' | 'end' | 'progress' }
  | { readonly kind: 'sequence' | 'choice'; readonly parts: readonly Part[] }
  | { readonly kind: 'repeat'; readonly part: Part; readonly least: number; readonly most: number }
  | { readonly kind: 'ahead'; readonly part: Part; readonly isNegated: boolean };

/** Nodes of patterns that may be read: functions call themselves for each that may be empty. */
const MAX_NODES = 1_200;

/** The parts of patterns. */
export class Parts {
  readonly #alphabet: Alphabet;
  readonly #parts = new Map<string, Part>();
  #nodesLeft = MAX_NODES;
  readonly progress: Part = this.#part('progress', { kind: 'progress' }, { mayBeEmpty: true, isAsserting: false });

  constructor(alphabet: Alphabet) {
    this.#alphabet = alphabet;
  }

  /** Throws {@link PatternTooLarge}. */
  of(node: Node): Part {
    if (this.#nodesLeft-- === 0) throw new PatternTooLarge();
    switch (node.kind) {
      case 'set': {
        const set = this.#alphabet.number(node.set);
        return this.#part(`set${set}`, { kind: 'set', set }, { mayBeEmpty: false, isAsserting: false });
      }
      case 'begin':
      case 'end':
        return this.#part(node.kind, { kind: node.kind }, { mayBeEmpty: true, isAsserting: true });
      case 'sequence':
      case 'choice':
        return this.#several(node);
      case 'repeat':
        return this.repeat(this.of(node.node), node);
      case 'ahead': {
        const [part, { isNegated }] = [this.of(node.node), node];
        const traits = { mayBeEmpty: true, isAsserting: true };
        return this.#part(`ahead${isNegated}${part.id}`, { kind: 'ahead', part, isNegated }, traits);
      }
    }
  }

  repeat(part: Part, { least, most }: { readonly least: number; readonly most: number }): Part {
    const { isAsserting } = part;
    // So many times nothing are nothing.
    const from = part.mayBeEmpty && !isAsserting ? 0 : least;
    const traits = { mayBeEmpty: part.mayBeEmpty || from === 0, isAsserting };
    return this.#part(`${part.id}{${from},${most}}`, { kind: 'repeat', part, least: from, most }, traits);
  }

  #several({ kind, nodes }: Node & { readonly kind: 'sequence' | 'choice' }): Part {
    const parts = nodes.map((each) => this.of(each));
    const [only, other] = parts;
    if (only !== undefined && other === undefined) return only;
    const isEmpty = ({ mayBeEmpty }: Part) => mayBeEmpty;
    const mayBeEmpty = kind === 'choice' ? parts.some(isEmpty) : parts.every(isEmpty);
    const isAsserting = parts.some((part) => part.isAsserting);
    return this.#part(`${kind}${parts.map(({ id }) => id).join()}`, { kind, parts }, { mayBeEmpty, isAsserting });
  }

  #part(key: string, part: PartKind, traits: Traits): Part {
    const known = this.#parts.get(key);
    if (known !== undefined) return known;
    const made: Part = { id: this.#parts.size, ...traits, ...part };
    this.#parts.set(key, made);
    return made;
  }
}
