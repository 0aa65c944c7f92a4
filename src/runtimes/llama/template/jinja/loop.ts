import { equals } from './operators.js';
import { type Arguments, callable, Structure, TemplateError, Undefined, type Value } from './values.js';

/** Where a loop is. */
export interface Turn {
  readonly items: readonly Value[];
  /** From 0 on. */
  readonly at: number;
  /** Loops of the same recursion around it. */
  readonly depth: number;
}

/** What one loop keeps between its turns. */
export class LoopMemory {
  #last: readonly Value[] | undefined;

  /** Whether the values are others than in the turn before. */
  changed(values: readonly Value[]): boolean {
    const isSame = this.#last !== undefined && equals(this.#last, values);
    this.#last = values;
    return !isSame;
  }
}

/** The variable `loop`. */
export class Loop extends Structure {
  readonly #turn: Turn;
  readonly #memory: LoopMemory;
  readonly #recurse: ((items: Value) => string) | undefined;

  /** `recurse`: writes a loop inside this one; undefined where the loop is not recursive. */
  constructor(turn: Turn, memory: LoopMemory, recurse: ((items: Value) => string) | undefined) {
    super();
    this.#turn = turn;
    this.#memory = memory;
    this.#recurse = recurse;
  }

  override get label(): string {
    return `<LoopContext ${this.#turn.at + 1}/${this.#turn.items.length}>`;
  }

  override get call(): (given: Arguments) => Value {
    return ({ positional: [items = null] }) => {
      if (this.#recurse !== undefined) return this.#recurse(items);
      throw new TemplateError("The loop must have the 'recursive' marker to be called recursively.");
    };
  }

  override attribute(name: string): Value | undefined {
    const { items, at, depth } = this.#turn;
    const { length } = items;
    switch (name) {
      case 'index':
        return at + 1;
      case 'index0':
        return at;
      case 'revindex':
        return length - at;
      case 'revindex0':
        return length - at - 1;
      case 'first':
        return at === 0;
      case 'last':
        return at === length - 1;
      case 'length':
        return length;
      case 'depth':
        return depth + 1;
      case 'depth0':
        return depth;
      case 'previtem':
        return at === 0 ? new Undefined('there is no previous item') : items[at - 1];
      case 'nextitem':
        return at === length - 1 ? new Undefined('there is no next item') : items[at + 1];
      case 'cycle':
        return callable(name, ({ positional }) => cycle(positional, at));
      case 'changed':
        return callable(name, ({ positional }) => this.#memory.changed(positional));
      default:
        return undefined;
    }
  }
}

function cycle(values: readonly Value[], at: number): Value {
  if (values.length === 0) throw new TemplateError('no items for cycling given');
  return values[at % values.length] as Value;
}
