import {
  excerpt,
  invalidArgument,
  isRateInput,
  type MillraceError,
  type Signature,
  type TensorSpec,
} from '../../../core/index.js';
import { CLOSE_BRACE, OPEN_BRACE } from '../json/bytes.js';
import type { JsonCursor } from '../json/cursor.js';
import { readString } from '../json/string.js';
import { readMemberName, type WordSet, wordSet } from '../json/words.js';
import type { LongFloats } from './element-store.js';
import { TensorSink } from './tensor-sink.js';

export interface NamedInputsOptions {
  readonly signature: Signature;
  readonly longFloats: LongFloats;
  /** How errors name a row. */
  readonly placeOf: (row: number) => string;
}

/** The inputs of a request that names them. */
export class NamedInputs {
  /** In the signature's order once the first row is there. */
  all: TensorSink[] = [];
  readonly #cursor: JsonCursor;
  readonly #options: NamedInputsOptions;
  readonly #names: WordSet<string>;

  constructor(cursor: JsonCursor, options: NamedInputsOptions) {
    this.#cursor = cursor;
    this.#options = options;
    this.#names = namesOf(options.signature);
  }

  /** Takes an object of values whose outermost arrays count along `axis`. */
  takeRow(row: number, axis: number): void {
    const cursor = this.#cursor;
    const place = () => this.#options.placeOf(row);
    let taken = 0;
    let more = cursor.enter(OPEN_BRACE, CLOSE_BRACE, 'an object');
    while (more) {
      const sink = this.#sinkAt(row, place);
      sink.take(cursor, axis);
      sink.rows++;
      taken++;
      more = cursor.next(CLOSE_BRACE);
    }
    if (row === 0) this.#checkFirst(place);
    else if (taken !== this.all.length) {
      const missing = this.all.find(({ rows }) => rows === row);
      throw refused(`${place()}: input '${excerpt(missing?.spec.name ?? '')}' is missing`);
    }
  }

  #sinkAt(row: number, place: () => string): TensorSink {
    const cursor = this.#cursor;
    cursor.peek();
    const start = cursor.pos;
    const name = readMemberName(cursor, this.#names);
    if (name === undefined) {
      cursor.pos = start;
      const expected = this.#names.words.map((word) => `'${excerpt(word)}'`).join(', ');
      const got = excerpt(readString(cursor));
      throw refused(`${place()}: the model has no input '${got}'; its inputs are ${expected || 'none'}`);
    }
    const known = this.all.find(({ spec }) => spec.name === name);
    if (known === undefined) {
      if (row > 0) throw refused(`${place()}: input '${excerpt(name)}' is not in ${this.#options.placeOf(0)}`);
      const sink = new TensorSink(this.#specOf(name), cursor, this.#options.longFloats);
      this.all.push(sink);
      return sink;
    }
    if (known.rows > row) throw refused(`${place()}: input '${excerpt(name)}' is given twice`);
    return known;
  }

  #specOf(name: string): TensorSpec {
    // The name is one of its inputs.
    return this.#options.signature.inputs.find((spec) => spec.name === name) as TensorSpec;
  }

  #checkFirst(place: () => string): void {
    const { inputs } = this.#options.signature;
    if (this.all.length !== inputs.length) {
      const missing = inputs.find(
        ({ name, optional }) =>
          !optional && !isRateInput(this.#options.signature, name) && this.all.every(({ spec }) => spec.name !== name),
      );
      if (missing !== undefined) throw refused(`${place()}: input '${excerpt(missing.name)}' is missing`);
    }
    const order = (sink: TensorSink) => inputs.indexOf(sink.spec);
    this.all.sort((one, other) => order(one) - order(other));
  }
}

const NAMES = new WeakMap<Signature, WordSet<string>>();

function namesOf(signature: Signature): WordSet<string> {
  let names = NAMES.get(signature);
  if (names === undefined) {
    names = wordSet(...signature.inputs.map(({ name }) => name));
    NAMES.set(signature, names);
  }
  return names;
}

function refused(text: string): MillraceError {
  return invalidArgument(`request: ${text}`);
}
