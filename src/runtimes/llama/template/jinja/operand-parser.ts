import { FILTERS } from './filters.js';
import { NameChecks } from './name-checks.js';
import { type Expression, type GivenArguments, SPECIAL_NAMES } from './nodes.js';
import { TESTS } from './tests.js';
import type { TokenReader } from './token-reader.js';
import { Float, type Value } from './values.js';

const NOTHING: GivenArguments = { positional: [], named: [], list: undefined, dict: undefined };
const NONE: Expression = { type: 'literal', value: null };
export const CONSTANTS: ReadonlyMap<string, Value> = new Map([
  ['true', true],
  ['True', true],
  ['false', false],
  ['False', false],
  ['none', null],
  ['None', null],
]);

export interface TupleOptions {
  /** Without `if` and `else`, which belong to the statement. */
  readonly isPlain?: boolean;
  readonly ends?: string;
  /** It may be empty. */
  readonly inParentheses?: boolean;
}

/** Reads operands: literals, names, lists and dicts, with members, calls, filters and tests behind them. */
export abstract class OperandParser {
  protected readonly reader: TokenReader;
  protected readonly names = new NameChecks();

  constructor(reader: TokenReader) {
    this.reader = reader;
  }

  protected abstract expression(): Expression;
  protected abstract tuple(options?: TupleOptions): Expression;

  protected primary(): Expression {
    const { reader } = this;
    const { type, value } = reader.current;
    switch (type) {
      case 'name':
        reader.take();
        return this.#name(value);
      case 'string':
        return { type: 'literal', value: this.#strings() };
      case 'integer':
        reader.take();
        return { type: 'literal', value: Number(value) };
      case 'float':
        reader.take();
        return { type: 'literal', value: new Float(Number(value)) };
      default:
        break;
    }
    if (reader.skip('operator', '(')) {
      const inner = this.tuple({ inParentheses: true });
      reader.expect('operator', ')');
      return inner;
    }
    if (reader.skip('operator', '[')) return this.#list();
    if (reader.skip('operator', '{')) return this.#dict();
    return reader.fail(`unexpected ${reader.describe()}`);
  }

  #name(name: string): Expression {
    const constant = CONSTANTS.get(name);
    if (constant !== undefined) return { type: 'literal', value: constant };
    if (SPECIAL_NAMES.includes(name)) this.names.noteUse(name);
    return { type: 'name', name };
  }

  #strings(): string {
    let text = '';
    while (this.reader.is('string')) text += this.reader.take().value;
    return text;
  }

  #list(): Expression {
    return { type: 'list', items: this.#until(']', () => this.expression()) };
  }

  #dict(): Expression {
    const entry = () => {
      const key = this.expression();
      this.reader.expect('operator', ':');
      return [key, this.expression()] as const;
    };
    return { type: 'dict', entries: this.#until('}', entry) };
  }

  /** A list separated by commas, up to a bracket. */
  #until<Made>(end: string, read: () => Made): readonly Made[] {
    const { reader } = this;
    const made: Made[] = [];
    while (!reader.is('operator', end)) {
      if (made.length > 0) reader.expect('operator', ',');
      if (reader.is('operator', end)) break;
      made.push(read());
    }
    reader.expect('operator', end);
    return made;
  }

  protected postfix(operand: Expression): Expression {
    let read = operand;
    for (;;) {
      if (this.reader.skip('operator', '.')) read = this.#member(read);
      else if (this.reader.skip('operator', '[')) read = this.#subscript(read);
      else if (this.reader.is('operator', '(')) read = { type: 'call', callee: read, given: this.arguments() };
      else return read;
    }
  }

  protected filters(operand: Expression): Expression {
    let read = operand;
    for (;;) {
      if (this.reader.skip('operator', '|')) read = this.filter(read);
      else if (this.reader.skip('name', 'is')) read = this.#test(read);
      else if (this.reader.is('operator', '(')) read = { type: 'call', callee: read, given: this.arguments() };
      else return read;
    }
  }

  #member(object: Expression): Expression {
    const { type, value } = this.reader.take();
    if (type === 'name') return { type: 'attribute', object, name: value };
    if (type !== 'integer') return this.reader.fail('expected name or number');
    return { type: 'item', object, index: { type: 'literal', value: Number(value) } };
  }

  #subscript(object: Expression): Expression {
    const { reader } = this;
    const start = reader.is('operator', ':') ? NONE : this.tuple();
    if (!reader.skip('operator', ':')) {
      reader.expect('operator', ']');
      return { type: 'item', object, index: start };
    }
    const stop = this.#bound();
    const step = reader.skip('operator', ':') ? this.#bound() : NONE;
    reader.expect('operator', ']');
    return { type: 'slice', object, bounds: [start, stop, step] };
  }

  #bound(): Expression {
    return this.reader.is('operator', ':', ']') ? NONE : this.expression();
  }

  /** A filter after its `|`, and the filters chained to it. */
  protected filter(operand: Expression | undefined): Expression {
    const name = this.#dottedName();
    if (!FILTERS.has(name)) this.names.noteUnknown(`No filter named '${name}'.`);
    const given = this.reader.is('operator', '(') ? this.arguments() : NOTHING;
    const filter: Expression = { type: 'filter', operand, name, given };
    return this.reader.skip('operator', '|') ? this.filter(filter) : filter;
  }

  #dottedName(): string {
    let name = this.reader.expect('name').value;
    while (this.reader.skip('operator', '.')) name += `.${this.reader.expect('name').value}`;
    return name;
  }

  #test(operand: Expression): Expression {
    const { reader } = this;
    const isNegated = reader.skip('name', 'not');
    const name = this.#dottedName();
    if (!TESTS.has(name)) this.names.noteUnknown(`No test named '${name}'.`);
    const test: Expression = { type: 'test', operand, name, given: this.#testArguments() };
    return isNegated ? { type: 'not', operand: test } : test;
  }

  /** Those in parentheses, or one without. */
  #testArguments(): GivenArguments {
    const { reader } = this;
    if (reader.is('operator', '(')) return this.arguments();
    const isValue =
      reader.is('string') || reader.is('integer') || reader.is('float') || reader.is('operator', '[', '{');
    const isName = reader.is('name') && !reader.is('name', 'else', 'or', 'and');
    if (!isValue && !isName) return NOTHING;
    if (reader.is('name', 'is')) reader.fail('You cannot chain multiple tests with is');
    return { ...NOTHING, positional: [this.postfix(this.primary())] };
  }

  protected arguments(): GivenArguments {
    const { reader } = this;
    const positional: Expression[] = [];
    const named: [string, Expression][] = [];
    let list: Expression | undefined;
    let dict: Expression | undefined;
    const ensure = (isRight: boolean) => {
      if (!isRight) reader.fail('invalid syntax for function call expression');
    };
    reader.expect('operator', '(');
    this.#until(')', () => {
      if (reader.skip('operator', '*')) {
        ensure(list === undefined && dict === undefined);
        list = this.expression();
      } else if (reader.skip('operator', '**')) {
        ensure(dict === undefined);
        dict = this.expression();
      } else if (reader.is('name') && reader.ahead.type === 'operator' && reader.ahead.value === '=') {
        ensure(dict === undefined);
        const { value: name } = reader.take();
        reader.take();
        named.push([name, this.expression()]);
      } else {
        ensure(list === undefined && dict === undefined && named.length === 0);
        positional.push(this.expression());
      }
    });
    return { positional, named, list, dict };
  }
}
